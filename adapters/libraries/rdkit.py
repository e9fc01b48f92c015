"""rdkit: molecules with their properties, reactions, fingerprint generators, and settings.

| type | what travels | what does not |
|---|---|---|
| `Mol`, `RWMol` | atoms, bonds, queries, conformers as doubles, all properties | batch edits |
| `EditableMol` | the molecule, as `Mol` | batch edits |
| `MolBundle`, `FixedMolSizeMolBundle` | the molecules, each as `Mol` | nothing |
| `ChemicalReaction` | templates, all properties, how it matches, initialized | check functions |
| `Atom` | charge, isotope, monomer, all properties | one of a molecule: refused |
| `Conformer` | positions, id, whether it is 3D, properties | one of a molecule: refused |
| `AtomMonomerInfo`, `AtomPDBResidueInfo` | all fields | nothing |
| `FingerprintGenerator64` | kind and options | custom invariants |
| `EmbedParameters` | all attributes | bounds matrix, CPCI, coordinate map: unreadable, so lost |
| `AtomCoordsMatcher`, `MolWriterParams`, `SmilesParserParams` | all attributes | nothing |
| `SmartsParserParams`, `SmilesWriteParams`, `CDXMLParserParams` | all attributes | nothing |
| `MolFromSCSRParams`, `JSONParseParameters`, `JSONWriteParameters` | all attributes | nothing |
| `AddHsParameters`, `RemoveHsParameters`, `BondWedgingParameters` | all attributes | nothing |
| `AdjustQueryParameters`, `SubsetOptions`, `MetalDisconnectorOptions` | all attributes | nothing |
| `CleanupParameters`, `PipelineOptions`, `ScaffoldNetworkParams` | all attributes | nothing |
| `RDKitValidation`, `IsotopeValidation`, `FeaturesValidation` | all attributes | nothing |
| `Is2DValidation`, `Layout2DValidation`, `EnumerationParams` | all attributes | nothing |
| `ReactionFingerprintParams`, `ConstrainedDepictionParams` | all attributes | nothing |
| `StereoEnumerationOptions`, `RascalOptions`, `RascalClusterOptions` | all attributes | nothing |
| `MCSAtomCompareParameters`, `MCSBondCompareParameters`, `SASAOpts` | all attributes | nothing |

Molecules and reactions have a `__reduce__` of their own, which loses their properties (unless
`Chem.SetDefaultPickleProperties` was called) and rounds coordinates. These adapters go first.

Left out: `QueryAtom` by itself, which cannot be created from Python; `Bond`, `SubstanceGroup`,
`StereoGroup`, `RingInfo`: parts of a molecule that do not tell which one, so send the molecule and
an index; `SubstructMatchParameters`, `MCSParameters`, `MolzipParams`, `MolDrawOptions`: functions
and tables that cannot be read back; suppliers and writers, which are open files. Fingerprints
(`ExplicitBitVect`, `IntSparseIntVect` and the like) and points pickle by themselves.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rdkit import Chem
from rdkit.Chem import rdChemReactions, rdFingerprintGenerator

from adapters import register
from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Callable

_ALL = int(Chem.PropertyPickleOptions.AllProps)
_ALL |= int(getattr(Chem.PropertyPickleOptions, "CoordsAsDouble", 0))


# Molecules. An attribute that Python code has set on one is in its __dict__. Valences that have not
# been computed yet, as in queries, would arrive as if they had been.
def _not_computed(mol: Any) -> list[int]:
    return [atom.GetIdx() for atom in mol.GetAtoms() if atom.NeedsUpdatePropertyCache()]


def _forget(mol: Any, indices: list[int]) -> None:
    for index in indices:
        mol.GetAtomWithIdx(index).ClearPropertyCache()


def _binary(mol: Any) -> tuple[bytes, list[int], dict[str, Any]]:
    data = mol.ToBinary(_ALL)
    if mol.HasQuery():  # the first copy of a query has other labels inside, the next ones the same
        data = type(mol)(data).ToBinary(_ALL)
    return data, _not_computed(mol), dict(mol.__dict__)


def _molecule(kind: Any, state: Any) -> Any:
    data, indices, attributes = parts(state, (bytes, memoryview), list, dict)
    made = kind(bytes(data))
    _forget(made, indices)
    made.__dict__.update(attributes)
    return made


def _bundle(kind: Any, state: Any) -> Any:
    (mols,) = parts((state,), list)
    bundle = kind()
    for mol in mols:
        bundle.AddMol(mol)
    return bundle


def _serve(kind: Any, serialize: Any, factory: Callable[[Any, Any], Any]) -> None:
    register(kind, serialize, lambda state: factory(kind, state))


for _kind in (Chem.Mol, Chem.RWMol):
    _serve(_kind, _binary, _molecule)
for _kind in (Chem.MolBundle, Chem.FixedMolSizeMolBundle):
    _serve(_kind, lambda bundle: [bundle.GetMol(i) for i in range(bundle.Size())], _bundle)
register(
    Chem.EditableMol,
    lambda editable: editable.GetMol(),
    lambda mol: Chem.EditableMol(*parts((mol,), Chem.Mol)),
)


# Reactions.
def _matching(params: Any) -> dict[str, Any]:
    values = {name: getattr(params, name) for name in _attributes(type(params))}
    return {name: each for name, each in values.items() if type(each) in (bool, int)}


def _templates(reaction: Any) -> list[Any]:
    return [*reaction.GetReactants(), *reaction.GetProducts(), *reaction.GetAgents()]


def _reaction_state(reaction: Any) -> tuple[Any, ...]:
    get = getattr(reaction, "GetSubstructParams", None)
    matching = _matching(get()) if get else {}
    indices = [_not_computed(mol) for mol in _templates(reaction)]
    data = type(reaction)(reaction.ToBinary(_ALL)).ToBinary(_ALL)  # as for queries
    return data, indices, matching, dict(reaction.__dict__)


def _reaction(state: Any) -> Any:
    data, indices, matching, attributes = parts(state, (bytes, memoryview), list, dict, dict)
    reaction = rdChemReactions.ChemicalReaction(bytes(data))
    for mol, each in zip(_templates(reaction), indices, strict=True):
        _forget(mol, each)
    if matching:
        _set(reaction.GetSubstructParams(), matching)
    reaction.__dict__.update(attributes)
    return reaction


# Parts that are in no molecule.
def _alone(part: Any, instead: str) -> Any:
    if part.HasOwningMol():
        kind = type(part).__name__
        raise ValueError(f"this {kind} belongs to a molecule that it does not identify: {instead}")
    return part


def _atom_state(atom: Any) -> Any:
    mol = Chem.RWMol()
    mol.AddAtom(_alone(atom, "send the Mol, and the atom's index"))
    return mol


def _atom(state: Any) -> Any:
    (mol,) = parts((state,), Chem.RWMol)
    if mol.GetNumAtoms() != 1:
        raise ValueError(f"the molecule of an atom has {mol.GetNumAtoms()} atoms instead of one")
    return Chem.Atom(mol.GetAtomWithIdx(0))


_SETTERS = {bool: "SetBoolProp", int: "SetIntProp", float: "SetDoubleProp", str: "SetProp"}


def _conformer_state(conformer: Any) -> Any:
    _alone(conformer, "send the Mol, and the conformer's id")
    properties = conformer.GetPropsAsDict(True, False, False)
    for name, value in properties.items():
        if type(value) not in _SETTERS:
            raise ValueError(f"property {name!r} of this Conformer is a {type(value).__name__}")
    points = [[*conformer.GetAtomPosition(i)] for i in range(conformer.GetNumAtoms())]
    return points, conformer.GetId(), conformer.Is3D(), properties


def _conformer(state: Any) -> Any:
    points, number, spatial, properties = parts(state, list, int, bool, dict)
    conformer = Chem.Conformer(len(points))
    for index, point in enumerate(points):
        conformer.SetAtomPosition(index, parts(point, float, float, float))
    conformer.SetId(number)
    conformer.Set3D(spatial)
    for name, value in properties.items():
        if type(value) not in _SETTERS:
            raise TypeError(f"property {name!r} is a {type(value).__name__}")
        getattr(conformer, _SETTERS[type(value)])(name, value)
    return conformer


register(rdChemReactions.ChemicalReaction, _reaction_state, _reaction)
register(Chem.Atom, _atom_state, _atom)
register(Chem.Conformer, _conformer_state, _conformer)


# Settings.
def _attributes(kind: type) -> list[str]:
    return [name for name in dir(kind) if isinstance(getattr(kind, name), property)]


def _set(settings: Any, values: dict[str, Any]) -> Any:
    unknown = values.keys() - {*_attributes(type(settings))}
    if unknown:
        raise ValueError(f"{type(settings).__name__} of this rdkit has no {sorted(unknown)}")
    for name, value in values.items():
        setattr(settings, name, value)
    return settings


def _settings(kind: Any, state: Any) -> Any:
    (values,) = parts((state,), dict)
    return _set(kind(), values)


def _values(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in _attributes(type(settings))}


_SETTINGS = {
    "rdDistGeom": "EmbedParameters",
    "rdchem": "AtomCoordsMatcher",
    "rdmolfiles": "MolWriterParams SmilesParserParams SmartsParserParams SmilesWriteParams "
    "CDXMLParserParams MolFromSCSRParams",
    "rdMolInterchange": "JSONParseParameters JSONWriteParameters",
    "rdmolops": "AddHsParameters RemoveHsParameters BondWedgingParameters AdjustQueryParameters "
    "SubsetOptions",
    "MolStandardize.rdMolStandardize": "CleanupParameters PipelineOptions RDKitValidation "
    "IsotopeValidation FeaturesValidation Is2DValidation Layout2DValidation "
    "MetalDisconnectorOptions",
    "Scaffolds.rdScaffoldNetwork": "ScaffoldNetworkParams",
    "rdChemReactions": "ReactionFingerprintParams EnumerationParams",
    "rdDepictor": "ConstrainedDepictionParams",
    "rdEnumerateStereoisomers": "StereoEnumerationOptions",
    "rdRascalMCES": "RascalOptions RascalClusterOptions",
    "rdFMCS": "MCSAtomCompareParameters MCSBondCompareParameters",
    "rdFreeSASA": "SASAOpts",
}

for _place, _names in _SETTINGS.items():
    try:
        _module = import_module(f"rdkit.Chem.{_place}")
    except ImportError:  # not in this version
        continue
    for _name in _names.split():
        if (_kind := getattr(_module, _name, None)) is not None:
            _serve(_kind, _values, _settings)


# Monomers: a getter and a setter a field.
def _fields(kind: type) -> list[str]:
    return [name[3:] for name in dir(kind) if name.startswith("Set")]


def _monomer(kind: Any, state: Any) -> Any:
    (values,) = parts((state,), dict)
    if unknown := values.keys() - {*_fields(kind)}:
        raise ValueError(f"{kind.__name__} of this rdkit has no {sorted(unknown)}")
    info = kind()
    for name, value in values.items():
        getattr(info, f"Set{name}")(value)
    return info


for _kind in (Chem.AtomMonomerInfo, Chem.AtomPDBResidueInfo):
    _serve(
        _kind,
        lambda info: {name: getattr(info, f"Get{name}")() for name in _fields(type(info))},
        _monomer,
    )


# Generators of fingerprints.
def _generator(kind: Any, state: Any) -> Any:
    (text,) = parts((state,), str)
    made = rdFingerprintGenerator.FingerprintGeneratorFromJSON(text)
    if type(made) is not kind:
        raise ValueError(f"the state is no {kind.__name__}")
    return made


_kind = rdFingerprintGenerator.FingerprintGenerator64
if hasattr(_kind, "ToJSON"):  # which rdkit has since 2025
    _serve(_kind, lambda generator: generator.ToJSON(), _generator)
