from functools import partial

import pytest
from kit import check_examples

faiss = pytest.importorskip("faiss")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import faiss as _  # noqa: E402, F401

VECTORS = np.random.default_rng(0).random((300, 8), dtype=np.float32)
CODES = np.random.default_rng(0).integers(0, 256, (50, 2), dtype=np.uint8)


def flat():
    index = faiss.IndexFlat(8, faiss.METRIC_Lp)
    index.metric_arg = 3
    index.add(VECTORS[:20])
    return index


def flat_l2():
    index = faiss.IndexFlatL2(8)
    index.add(VECTORS[:20])
    return index


def flat_ip():
    index = faiss.IndexFlatIP(8)
    index.verbose = True
    index.add(VECTORS[:20])
    return index


def of(text):
    index = faiss.index_factory(8, text)
    faiss.omp_set_num_threads(1)
    index.train(VECTORS)
    index.add(VECTORS[:30])
    return index


def hnsw():
    index = of("HNSW8")
    index.hnsw.efSearch = 77
    index.hnsw.search_bounded_queue = False
    index.storage.verbose = True
    return index


def ivf():
    index = of("IVF2,Flat")
    index.nprobe = 2
    index.max_codes = 50
    index.cp.niter = 3
    return index


def untrained():
    return faiss.IndexIVFFlat(faiss.IndexFlatL2(8), 8, 4)


def ivf_of_hnsw():
    index = of("IVF2_HNSW4,Flat")
    faiss.downcast_index(index.quantizer).hnsw.check_relative_distance = False
    return index


def ivf_pq():
    index = of("IVF2,PQ2x4")
    index.use_precomputed_table = -1
    index.precompute_table()
    index.polysemous_ht = 3
    index.pq.cp.seed = 5
    return index


def ivf_pq_fast():
    index = of("IVF2,PQ2x4fs")
    index.implem = 12
    return index


def ivf_sq():
    index = of("IVF2,SQ8")
    index.parallel_mode = 1
    return index


def pq():
    index = of("PQ2x4")
    index.polysemous_training.n_iter = 7
    return index


def id_map():
    index = faiss.IndexIDMap(faiss.IndexFlatL2(8))
    index.index.verbose = True
    index.add_with_ids(VECTORS[:3], np.array([5, 6, 9]))
    return index


def id_map2():
    index = faiss.IndexIDMap2(faiss.IndexFlatL2(8))
    index.add_with_ids(VECTORS[:3], np.array([5, 6, 9]))
    return index


def pre_transform():
    index = of("PCA4,IVF2,Flat")
    faiss.extract_index_ivf(index).max_codes = 9
    return index


def refine():
    index = of("Flat,RFlat")
    index.k_factor = 3
    return index


def nsg():
    index = faiss.IndexNSGFlat(8, 8)
    index.add(VECTORS)
    return index


def residual():
    index = of("RQ2x4")
    index.rq.niter_codebook_refine = 2
    return index


def binary_flat():
    index = faiss.IndexBinaryFlat(16)
    index.add(CODES)
    return index


def binary_hnsw():
    index = faiss.IndexBinaryHNSW(16, 4)
    index.hnsw.search_bounded_queue = False
    index.add(CODES)
    return index


def binary_ivf():
    index = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(16), 16, 2)
    index.train(CODES)
    index.add(CODES)
    index.max_codes = 7
    return index


def binary_id_map():
    index = faiss.IndexBinaryIDMap(faiss.IndexBinaryFlat(16))
    index.add_with_ids(CODES[:2], np.array([5, 9]))
    return index


def linear():
    made = faiss.LinearTransform(8, 2, True)
    made.A = faiss.Float32Vector()
    faiss.copy_array_to_vector(VECTORS[:2].ravel(), made.A)
    faiss.copy_array_to_vector(VECTORS[0, :2].copy(), made.b)
    made.is_trained = True
    return made


def trained(made):
    made.train(VECTORS)
    return made


def pca():
    return trained(faiss.PCAMatrix(8, 4, -0.5))


def opq():
    made = faiss.OPQMatrix(8, 2, 4)
    made.niter = 3
    return made


def itq_matrix():
    made = faiss.ITQMatrix(8)
    made.max_iter = 3
    return made


def itq():
    return trained(faiss.ITQTransform(8, 4, True))


def rotation():
    made = faiss.RandomRotationMatrix(8, 4)
    made.init(5)
    return made


def normalization():
    return faiss.NormalizationTransform(8, 1.0)


def centering():
    return trained(faiss.CenteringTransform(8))


def remap():
    return faiss.RemapDimensionsTransform(8, 4)


def quantizer():
    made = faiss.ProductQuantizer(8, 2, 4)
    made.cp.niter = 3
    return trained(made)


def selector():
    return faiss.IDSelectorRange(1, 5, True)


def array_selector():
    return faiss.IDSelectorArray([1, 5, 2])


def bitmap_selector():
    return faiss.IDSelectorBitmap(np.array([1, 255], np.uint8))


def not_selector():
    return faiss.IDSelectorNot(array_selector())


def both(kind):
    return kind(selector(), not_selector())


def search_parameters():
    return faiss.SearchParameters(sel=selector())


def ivf_parameters():
    inner = hnsw_parameters()
    return faiss.SearchParametersIVF(nprobe=7, sel=not_selector(), quantizer_params=inner)


def hnsw_parameters():
    return faiss.SearchParametersHNSW(efSearch=5, bounded_queue=False)


def pq_parameters():
    return faiss.SearchParametersPQ(polysemous_ht=4)


def transform_parameters():
    return faiss.SearchParametersPreTransform(index_params=ivf_parameters())


def ivf_pq_parameters():
    return faiss.IVFPQSearchParameters(nprobe=3, scan_table_threshold=2)


def refine_parameters():
    return faiss.IndexRefineSearchParameters(k_factor=2.5, base_index_params=ivf_parameters())


def changed(kind, **values):
    made = kind()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def clustering_parameters():
    return changed(faiss.ClusteringParameters, niter=3, spherical=True)


def progressive():
    return changed(faiss.ProgressiveDimClusteringParameters, progressive_dim_steps=3, seed=4)


def polysemous():
    return changed(faiss.PolysemousTraining, n_iter=3, log_pattern="a")


def annealing():
    return changed(faiss.SimulatedAnnealingParameters, seed=3, temperature_decay=0.5)


def clustering():
    made = faiss.Clustering(8, 2, clustering_parameters())
    made.train(VECTORS, faiss.IndexFlatL2(8))
    return made


def clustering_stats():
    return changed(faiss.ClusteringIterationStats, obj=1.5, nsplit=2)


def vector_of(name):
    def make():
        made = getattr(faiss, name)()
        made.push_back(1)
        made.push_back(2)
        return made

    return make


TYPES = {
    "IndexFlat": [flat],
    "IndexFlatL2": [flat_l2],
    "IndexFlatIP": [flat_ip],
    "IndexHNSWFlat": [hnsw],
    "IndexHNSWSQ": [partial(of, "HNSW8_SQ8")],
    "IndexIVFFlat": [ivf, untrained, ivf_of_hnsw],
    "IndexIVFPQ": [ivf_pq],
    "IndexIVFPQFastScan": [ivf_pq_fast],
    "IndexIVFScalarQuantizer": [ivf_sq],
    "IndexPQ": [pq],
    "IndexPQFastScan": [partial(of, "PQ2x4fs")],
    "IndexScalarQuantizer": [partial(of, "SQ8")],
    "IndexLSH": [partial(of, "LSH")],
    "IndexIDMap": [id_map],
    "IndexIDMap2": [id_map2],
    "IndexPreTransform": [pre_transform],
    "IndexRefineFlat": [refine],
    "IndexNSGFlat": [nsg],
    "IndexResidualQuantizer": [residual],
    "IndexBinaryFlat": [binary_flat],
    "IndexBinaryHNSW": [binary_hnsw],
    "IndexBinaryIVF": [binary_ivf],
    "IndexBinaryIDMap": [binary_id_map],
    "LinearTransform": [linear],
    "PCAMatrix": [pca],
    "OPQMatrix": [opq],
    "ITQMatrix": [itq_matrix],
    "ITQTransform": [itq],
    "RandomRotationMatrix": [rotation],
    "NormalizationTransform": [normalization],
    "CenteringTransform": [centering],
    "RemapDimensionsTransform": [remap],
    "ProductQuantizer": [quantizer],
    "SearchParameters": [search_parameters],
    "SearchParametersIVF": [ivf_parameters],
    "SearchParametersHNSW": [hnsw_parameters],
    "SearchParametersPQ": [pq_parameters],
    "SearchParametersPreTransform": [transform_parameters],
    "IVFPQSearchParameters": [ivf_pq_parameters],
    "IndexRefineSearchParameters": [refine_parameters],
    "IDSelectorRange": [selector],
    "IDSelectorArray": [array_selector],
    "IDSelectorBitmap": [bitmap_selector],
    "IDSelectorAll": [faiss.IDSelectorAll],
    "IDSelectorNot": [not_selector],
    "IDSelectorAnd": [partial(both, faiss.IDSelectorAnd)],
    "IDSelectorOr": [partial(both, faiss.IDSelectorOr)],
    "IDSelectorXOr": [partial(both, faiss.IDSelectorXOr)],
    "ClusteringParameters": [clustering_parameters],
    "ProgressiveDimClusteringParameters": [progressive],
    "PolysemousTraining": [polysemous],
    "SimulatedAnnealingParameters": [annealing],
    "Clustering": [clustering],
    "ClusteringIterationStats": [clustering_stats],
    "Float32Vector": [vector_of("Float32Vector")],
    "Float64Vector": [vector_of("Float64Vector")],
    "Int8Vector": [vector_of("Int8Vector")],
    "Int16Vector": [vector_of("Int16Vector")],
    "Int32Vector": [vector_of("Int32Vector")],
    "Int64Vector": [vector_of("Int64Vector")],
    "UInt8Vector": [vector_of("UInt8Vector")],
    "UInt16Vector": [vector_of("UInt16Vector")],
    "UInt32Vector": [vector_of("UInt32Vector")],
    "UInt64Vector": [vector_of("UInt64Vector")],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


@pytest.mark.parametrize("make", [flat, hnsw, ivf, ivf_pq, ivf_pq_fast, pre_transform, nsg, refine])
def test_the_twin_finds_the_same(make):
    index = make()
    twin = adapters.loads(adapters.dumps(index))
    for one, other in zip(index.search(VECTORS, 4), twin.search(VECTORS, 4), strict=True):
        assert (one == other).all()


def test_settings_of_indexes_that_faiss_forgets():
    twin = adapters.loads(adapters.dumps(ivf()))
    assert (twin.nprobe, twin.max_codes, twin.cp.niter) == (2, 50, 3)
    twin = adapters.loads(adapters.dumps(hnsw()))
    assert (twin.hnsw.efSearch, twin.hnsw.search_bounded_queue) == (77, False)
    assert adapters.loads(adapters.dumps(ivf_pq())).use_precomputed_table == -1
    assert faiss.extract_index_ivf(adapters.loads(adapters.dumps(pre_transform()))).max_codes == 9


def test_what_faiss_cannot_write_is_refused():
    with pytest.raises(adapters.SerializeError, match="don't know how to serialize"):
        adapters.dumps(faiss.IndexShards(8))


def test_inverted_lists_in_a_file_are_refused(tmp_path):
    index = ivf()
    lists = faiss.OnDiskInvertedLists(2, index.code_size, str(tmp_path / "lists"))
    index.replace_invlists(lists)
    with pytest.raises(adapters.SerializeError, match="open it in each process"):
        adapters.dumps(index)
