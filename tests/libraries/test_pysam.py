import array
import os

import pytest
from files import made
from kit import check_examples, travelled

import adapters

pysam = pytest.importorskip("pysam")


def header():
    return pysam.AlignmentHeader.from_text(
        "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:1575\n@SQ\tSN:c2\tLN:99\n@CO\tof a test\n"
    )


def segment():
    segment = pysam.AlignedSegment(header())
    segment.query_name, segment.flag, segment.mapping_quality = "r1", 99, 20
    segment.query_sequence = "ACGTACGTN"
    segment.query_qualities = array.array("B", range(20, 29))
    segment.reference_id, segment.reference_start, segment.cigarstring = 0, 32, "4M2I3M"
    segment.next_reference_id, segment.next_reference_start, segment.template_length = 1, 7, -40
    for name, value, kind in (
        *(("NM", 3, "C"), ("XI", -70000, "i"), ("XF", 0.1, "f"), ("XZ", "a b", "Z")),
        *(("XA", "q", "A"), ("XB", array.array("f", [0.1, 2]), None)),
    ):
        segment.set_tag(name, value, kind)
    return segment


def bare_segment():
    return pysam.AlignedSegment()


def write_alignments(path):
    with pysam.AlignmentFile(path, "wb", header=header()) as file:
        for number in range(30):
            one = segment()
            one.query_name = f"r{number}"
            file.write(one)


def alignments():
    return pysam.AlignmentFile(made("pysam.bam", write_alignments))


def in_the_middle():
    file = pysam.AlignmentFile(made("pysam.bam", write_alignments), threads=2)
    for _ in range(7):
        next(file)
    return file


VCF = """##fileformat=VCFv4.2
##contig=<ID=c,length=100>
##INFO=<ID=DP,Number=1,Type=Integer,Description="d">
##INFO=<ID=AF,Number=A,Type=Float,Description="f">
##FILTER=<ID=q10,Description="low">
##FORMAT=<ID=GT,Number=1,Type=String,Description="g">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2
c\t3\trs\tA\tT,G\t9.5\tq10\tDP=3;AF=0.1,0.3333333\tGT\t0|1\t./.
c\t9\t.\tAC\tA\t.\tPASS\tDP=4\tGT\t1/1\t0/2
"""


def write_variants(path):
    with open(path, "w") as file:
        file.write(VCF)


def variants():
    return pysam.VariantFile(made("pysam.vcf", write_variants))


def variants_of_a_sample():
    file = pysam.VariantFile(made("pysam.vcf", write_variants))
    file.subset_samples(["s2"])
    next(file)
    return file


def variant():
    return next(variants())


def variant_header():
    return variants().header.copy()


def write_fasta(path):
    with open(path, "w") as file:
        file.write(">c\nACGTACGT\n>d\nTT\n")


def fasta():
    path = made("pysam.fa", write_fasta)
    made("pysam.fa.fai", lambda new: pysam.faidx(path, "--fai-idx", new))
    return pysam.FastaFile(path)


TYPES = {
    "AlignmentFile": [alignments, in_the_middle],
    "VariantFile": [variants, variants_of_a_sample],
    "FastaFile": [fasta],
    "AlignmentHeader": [header],
    "AlignedSegment": [segment, bare_segment],
    "VariantHeader": [variant_header],
    "VariantRecord": [variant],
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name])


def test_nothing_of_a_segment_is_lost():
    first, arrived = segment(), travelled(segment())
    assert arrived.compare(first) == 0
    assert arrived.get_tags(with_value_type=True) == first.get_tags(with_value_type=True)
    assert arrived.to_string() == first.to_string()
    assert str(arrived.header) == str(first.header)


def test_segments_of_one_header_arrive_with_one():
    one = header()
    pair = [pysam.AlignedSegment(one), pysam.AlignedSegment(one)]
    first, second = travelled(pair)
    assert first.header is second.header


def test_both_read_on_from_one_position():
    first, arrived = in_the_middle(), travelled(in_the_middle())
    assert [one.query_name for one in arrived] == [one.query_name for one in first]
    first, arrived = variants_of_a_sample(), travelled(variants_of_a_sample())
    assert [str(one) for one in arrived] == [str(one) for one in first]


def test_a_record_of_variants_keeps_all():
    for first in variants():
        arrived = travelled(first)
        assert str(arrived) == str(first)
        assert dict(arrived.info) == dict(first.info)
        assert str(arrived.header) == str(first.header)


def closed(path):
    file = alignments()
    file.close()
    return file


def for_writing(path):
    return pysam.AlignmentFile(path, "wb", header=header())


def gone(path):
    write_fasta(path)
    pysam.faidx(str(path))
    file = pysam.FastaFile(str(path))
    os.remove(path)
    return file


@pytest.mark.parametrize(
    ("make", "words"), [(closed, "closed"), (for_writing, "for reading"), (gone, "no regular file")]
)
def test_what_cannot_be_opened_again_is_refused(make, words, tmp_path):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make(tmp_path / "a"))
