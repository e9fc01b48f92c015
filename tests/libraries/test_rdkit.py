"""The molecules, reactions, generators and settings of rdkit."""

from functools import partial
from importlib import import_module

import pytest
from kit import check_examples

import adapters

Chem = pytest.importorskip("rdkit.Chem")
AllChem = import_module("rdkit.Chem.AllChem")
reactions = import_module("rdkit.Chem.rdChemReactions")
generators = import_module("rdkit.Chem.rdFingerprintGenerator")


def molecule():
    mol = Chem.AddHs(Chem.MolFromSmiles("C[C@H](N)C(=O)O"))
    AllChem.EmbedMolecule(mol, randomSeed=7)
    mol.SetProp("id", "x7")
    mol.SetDoubleProp("weight", 0.1)
    mol.SetProp("_Name", "alanine")
    mol.GetAtomWithIdx(0).SetProp("q", "e")
    mol.GetBondWithIdx(0).SetBoolProp("b", True)
    mol.GetConformer().SetProp("method", "ETKDG")
    mol.note = "kept"
    return mol


def ring():
    return Chem.MolFromSmiles("c1ccccc1 |o1:1|")


def query():
    return Chem.MolFromSmarts("[C;$(C=O)]-[#6,N;R]")


def editable(make):
    return Chem.RWMol(make())


def edited():
    return Chem.EditableMol(molecule())


def bundle(kind):
    made = kind()
    made.AddMol(molecule())
    made.AddMol(molecule())
    return made


def reaction():
    made = reactions.ReactionFromSmarts("[C:1](=[O:2])O>>[C:1](=[O:2])N")
    made.SetProp("name", "amide")
    made.GetSubstructParams().useChirality = True
    made.Initialize()
    return made


def plain_reaction():
    return reactions.ReactionFromSmarts("CC>>CO")


def atom():
    made = Chem.Atom("N")
    made.SetFormalCharge(1)
    made.SetIsotope(15)
    made.SetNumExplicitHs(2)
    made.SetProp("q", "e")
    made.SetMonomerInfo(Chem.AtomPDBResidueInfo(" CA ", 4))
    return made


def conformer():
    made = Chem.Conformer(2)
    made.SetAtomPosition(0, (1 / 3, 2.0, 3.0))
    made.SetId(7)
    made.Set3D(False)
    made.SetProp("a", "7")
    made.SetDoubleProp("d", 0.5)
    return made


def empty_conformer():
    return Chem.Conformer(0)


def monomer():
    made = Chem.AtomMonomerInfo(Chem.AtomMonomerType.OTHER, "x")
    made.SetResidueName("ALA")
    return made


def residue():
    made = Chem.AtomPDBResidueInfo(" CA ", 4, "A", "GLY", 7)
    made.SetOccupancy(0.5)
    made.SetIsHeteroAtom(True)
    return made


def morgan():
    return generators.GetMorganGenerator(radius=2, fpSize=512, countSimulation=True)


def torsions():
    return generators.GetTopologicalTorsionGenerator(includeChirality=True, fpSize=64)


def settings(module, name, **values):
    made = getattr(import_module(f"rdkit.Chem.{module}"), name)()
    for key, value in values.items():
        setattr(made, key, value)
    return made


def changed(module, name, **values):
    return partial(settings, module, name, **values)


def etkdg():
    made = import_module("rdkit.Chem.rdDistGeom").ETKDGv3()
    made.randomSeed = 42
    return made


TYPES = {
    "Mol": [molecule, ring, query],
    "RWMol": [partial(editable, molecule), partial(editable, query)],
    "EditableMol": [edited],
    "MolBundle": [partial(bundle, Chem.MolBundle)],
    "FixedMolSizeMolBundle": [partial(bundle, Chem.FixedMolSizeMolBundle)],
    "ChemicalReaction": [reaction, plain_reaction],
    "Atom": [atom],
    "Conformer": [conformer, empty_conformer],
    "AtomMonomerInfo": [monomer],
    "AtomPDBResidueInfo": [residue],
    "FingerprintGenerator64": [morgan, torsions],
    "EmbedParameters": [etkdg],
    "AtomCoordsMatcher": [changed("rdchem", "AtomCoordsMatcher", tol2=0.25)],
    "MolWriterParams": [changed("rdmolfiles", "MolWriterParams", precision=9)],
    "SmilesParserParams": [changed("rdmolfiles", "SmilesParserParams", removeHs=False)],
    "SmartsParserParams": [changed("rdmolfiles", "SmartsParserParams", mergeHs=True)],
    "SmilesWriteParams": [changed("rdmolfiles", "SmilesWriteParams", rootedAtAtom=3)],
    "CDXMLParserParams": [changed("rdmolfiles", "CDXMLParserParams", sanitize=False)],
    "MolFromSCSRParams": [changed("rdmolfiles", "MolFromSCSRParams", includeLeavingGroups=False)],
    "JSONParseParameters": [changed("rdMolInterchange", "JSONParseParameters", useHCounts=False)],
    "JSONWriteParameters": [
        changed("rdMolInterchange", "JSONWriteParameters", useRDKitExtensions=False)
    ],
    "AddHsParameters": [changed("rdmolops", "AddHsParameters", addCoords=True)],
    "RemoveHsParameters": [changed("rdmolops", "RemoveHsParameters", removeIsotopes=True)],
    "BondWedgingParameters": [
        changed("rdmolops", "BondWedgingParameters", wedgeTwoBondsIfPossible=True)
    ],
    "AdjustQueryParameters": [
        changed("rdmolops", "AdjustQueryParameters", makeDummiesQueries=False)
    ],
    "SubsetOptions": [changed("rdmolops", "SubsetOptions", sanitize=True)],
    "MetalDisconnectorOptions": [
        changed("MolStandardize.rdMolStandardize", "MetalDisconnectorOptions", splitGrignards=True)
    ],
    "CleanupParameters": [
        changed("MolStandardize.rdMolStandardize", "CleanupParameters", maxRestarts=9)
    ],
    "PipelineOptions": [
        changed("MolStandardize.rdMolStandardize", "PipelineOptions", atomClashLimit=0.25)
    ],
    "ScaffoldNetworkParams": [
        changed("Scaffolds.rdScaffoldNetwork", "ScaffoldNetworkParams", flattenIsotopes=False)
    ],
    "RDKitValidation": [
        changed("MolStandardize.rdMolStandardize", "RDKitValidation", allowEmptyMolecules=True)
    ],
    "IsotopeValidation": [
        changed("MolStandardize.rdMolStandardize", "IsotopeValidation", strict=True)
    ],
    "FeaturesValidation": [
        changed("MolStandardize.rdMolStandardize", "FeaturesValidation", allowDummies=True)
    ],
    "Is2DValidation": [
        changed("MolStandardize.rdMolStandardize", "Is2DValidation", threshold=0.25)
    ],
    "Layout2DValidation": [
        changed("MolStandardize.rdMolStandardize", "Layout2DValidation", clashLimit=0.25)
    ],
    "EnumerationParams": [changed("rdChemReactions", "EnumerationParams", reagentMaxMatchCount=3)],
    "ReactionFingerprintParams": [
        changed("rdChemReactions", "ReactionFingerprintParams", fpSize=99)
    ],
    "ConstrainedDepictionParams": [
        changed("rdDepictor", "ConstrainedDepictionParams", acceptFailure=True)
    ],
    "StereoEnumerationOptions": [
        changed("rdEnumerateStereoisomers", "StereoEnumerationOptions", maxIsomers=3)
    ],
    "RascalOptions": [changed("rdRascalMCES", "RascalOptions", timeout=3)],
    "RascalClusterOptions": [changed("rdRascalMCES", "RascalClusterOptions", minFragSize=4)],
    "MCSAtomCompareParameters": [changed("rdFMCS", "MCSAtomCompareParameters", MatchIsotope=True)],
    "MCSBondCompareParameters": [changed("rdFMCS", "MCSBondCompareParameters", MatchStereo=True)],
    "SASAOpts": [changed("rdFreeSASA", "SASAOpts", probeRadius=1.5)],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_properties_arrive_and_positions_are_exact():
    one = molecule()
    other = adapters.loads(adapters.dumps(one))
    assert other.GetProp("id") == "x7"
    assert other.GetAtomWithIdx(0).GetProp("q") == "e"
    assert other.GetBondWithIdx(0).GetBoolProp("b")
    assert other.GetConformer().GetProp("method") == "ETKDG"
    assert (other.GetConformer().GetPositions() == one.GetConformer().GetPositions()).all()
    assert other.note == "kept"


def test_queries_and_stereo_groups_arrive():
    there = adapters.loads(adapters.dumps(query()))
    assert Chem.MolToSmarts(there) == Chem.MolToSmarts(query())
    assert Chem.MolToCXSmiles(adapters.loads(adapters.dumps(ring()))) == Chem.MolToCXSmiles(ring())


def test_valences_that_were_not_computed_are_not_there_either():
    for mol in (query(), molecule()):
        there = adapters.loads(adapters.dumps(mol))
        assert there.NeedsUpdatePropertyCache() == mol.NeedsUpdatePropertyCache()


def test_molecules_of_a_bundle_keep_their_properties():
    there = adapters.loads(adapters.dumps(bundle(Chem.MolBundle)))
    assert [there.GetMol(i).GetProp("id") for i in range(there.Size())] == ["x7", "x7"]


def test_a_reaction_is_initialized_there_if_it_is_here_and_matches_alike():
    there = adapters.loads(adapters.dumps([reaction(), plain_reaction()]))
    assert [each.IsInitialized() for each in there] == [True, False]
    assert [each.GetSubstructParams().useChirality for each in there] == [True, False]
    assert there[0].GetProp("name") == "amide"


def test_generators_make_the_same_fingerprints():
    there = adapters.loads(adapters.dumps(morgan()))
    assert there.GetFingerprint(molecule()) == morgan().GetFingerprint(molecule())


def test_parts_of_a_molecule_are_refused():
    mol = molecule()
    for part in (mol.GetAtomWithIdx(0), mol.GetConformer()):
        with pytest.raises(adapters.SerializeError, match="send the Mol"):
            adapters.dumps(part)
