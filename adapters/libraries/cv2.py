"""cv2 (OpenCV): points and matches, detectors, matchers, filters, parameters, images on a device.

| type | what travels | what does not |
|---|---|---|
| `KeyPoint`, `DMatch`, `RotatedRect`, `MSTEdge`, `Animation`, `CameraParams`, `MatchesInfo` | all of it | |
| `KalmanFilter` | all matrices and the state | |
| `UMat` | the pixels | on which device they are |
| `error` | message, code, file, line and function (plain pickle loses these) | traceback |
| `ORB`, `MSER`, `AKAZE`, `KAZE`, `GFTTDetector`, `FastFeatureDetector`, `AgastFeatureDetector`, `SimpleBlobDetector` | all settings | blobs found |
| `SIFT` | all settings, precise upscaling, too, which is found by a trial | |
| `BRISK` | threshold, octaves, scale of the pattern | a pattern of one's own cannot be seen: lost |
| `BFMatcher` | norm and cross-check, which are found by a trial; train descriptors | |
| `FlannBasedMatcher` | parameters, train descriptors | the trees, which are built anew |
| `CLAHE`, `StereoBM`, `StereoSGBM`, `DISOpticalFlow`, `FarnebackOpticalFlow`, `SparsePyrLKOpticalFlow`, `VariationalRefinement` | all settings | |
| `BackgroundSubtractorMOG2` | all settings | one that has learned a background is refused |
| `Tonemap`, `TonemapDrago`, `TonemapMantiuk`, `TonemapReinhard`, `AlignMTB`, `CalibrateDebevec`, `CalibrateRobertson`, `MergeDebevec`, `MergeMertens`, `MergeRobertson` | all settings | results of the last call |
| `ArucoDetector`, `CharucoDetector`, `QRCodeDetectorAruco` | dictionaries or board, and all parameters | |
| `Board`, `GridBoard`, `CharucoBoard`, `Dictionary` | all of it | |
| `DetectorParameters`, `RefineParameters`, `CharucoParameters`, `QRCodeDetectorAruco_Params`, `QRCodeEncoder_Params`, `SimpleBlobDetector_Params`, `CirclesGridFinderParameters`, `ECCParameters`, `UsacParams`, `ALIKED_Params`, `TrackerDaSiamRPN_Params`, `TrackerMIL_Params`, `TrackerNano_Params`, `TrackerVit_Params`, `DetectorParametersMCC`, `Image2BlobParams` | all of it | |
| `OdometrySettings` | all settings | |
| `HOGDescriptor` | all settings, and the detector's coefficients | |
| `ml_ANN_MLP`, `ml_Boost`, `ml_DTrees`, `ml_EM`, `ml_KNearest`, `ml_LogisticRegression`, `ml_NormalBayesClassifier`, `ml_RTrees`, `ml_SVM`, `ml_SVMSGD` | the trained model, as it is saved, and all settings | an untrained one is refused |

Left out: `Net`, `FaceDetectorYN` and other networks, `CascadeClassifier`: their model cannot be read back. `VideoCapture`, `VideoWriter`, `FileStorage`, `FileNode`: the path cannot be read back.
`LineSegmentDetector`, `QRCodeDetector`, `QRCodeEncoder`, `BarcodeDetector`, `GeneralizedHough`, `Stitcher`, `TrackerMIL`, `TickMeter`, `AffineFeature`, `Index` of flann, `BackgroundSubtractorKNN`: settings, or what they have learned, cannot be read back.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from adapters import register
from adapters.libraries import _settings
from adapters.libraries._files import loaded, saved
from adapters.libraries._states import parts

# Types that are all in the attributes that they can be given.
_PLAIN = """
    KeyPoint DMatch RotatedRect MSTEdge Animation detail_CameraParams detail_MatchesInfo
    aruco_DetectorParameters aruco_RefineParameters aruco_CharucoParameters aruco_Dictionary
    QRCodeDetectorAruco_Params QRCodeEncoder_Params SimpleBlobDetector_Params
    CirclesGridFinderParameters ECCParameters UsacParams ALIKED_Params dnn_Image2BlobParams
    TrackerDaSiamRPN_Params TrackerMIL_Params TrackerNano_Params TrackerVit_Params
    mcc_DetectorParametersMCC
"""
# Types that are all in what their getters say, of which each has a setter.
_SETTERS = """
    ORB MSER AKAZE KAZE BRISK GFTTDetector FastFeatureDetector AgastFeatureDetector
    SimpleBlobDetector CLAHE StereoBM StereoSGBM DISOpticalFlow FarnebackOpticalFlow
    SparsePyrLKOpticalFlow VariationalRefinement Tonemap TonemapDrago TonemapMantiuk
    TonemapReinhard AlignMTB CalibrateDebevec CalibrateRobertson MergeDebevec MergeMertens
    MergeRobertson aruco_ArucoDetector QRCodeDetectorAruco OdometrySettings
"""
_MODELS = """
    ANN_MLP Boost DTrees EM KNearest LogisticRegression NormalBayesClassifier RTrees SVM SVMSGD
"""
_NORMS = {7: cv2.NORM_L1, 5: cv2.NORM_L2, 25: cv2.NORM_L2SQR}
_NORMS |= {3: cv2.NORM_HAMMING, 2: cv2.NORM_HAMMING2}
_ERROR = ("code", "err", "file", "func", "line", "msg")


def _new_sift(values: Any, kind: int, precise: bool) -> Any:
    numbers = [values[name] for name in _SIFT]
    try:
        return cv2.SIFT_create(*numbers, kind, precise)
    except (TypeError, cv2.error):
        if precise:
            raise
        return cv2.SIFT_create(*numbers, kind)  # as it was before there was precise upscaling


def _sift(sift: Any) -> Any:
    values, kind = _settings.read(sift, _SIFT), sift.descriptorType()
    image = np.random.default_rng(0).integers(0, 255, (32, 32)).astype(np.uint8)
    points = [cv2.KeyPoint(16, 16, 2, 0, 1, 511)]  # in the first layer of the upscaled image
    both = (_new_sift(values, kind, False), sift)
    return values, kind, not np.array_equal(*(one.compute(image, points)[1] for one in both))


def _make_sift(state: Any) -> Any:
    values, kind, precise = parts(state, dict, int, bool)
    held = parts([values.get(name) for name in _SIFT], int, int, float, float, float)
    if not (0 < held[1] <= 100 and 0 < held[4] <= 1000 and kind in (cv2.CV_8U, cv2.CV_32F)):
        raise ValueError(f"SIFT has no layers, or type, or width of blur: {held}, {kind}")
    made = _new_sift(values, kind, precise)
    return _settings.fill(made, values, _SIFT, _settings.get, _settings.put)


def _trained(matcher: Any) -> list[Any]:
    held = matcher.getTrainDescriptors()
    return [np.array(each.get() if isinstance(each, cv2.UMat) else each) for each in held]


def _add(matcher: Any, trained: Any) -> Any:
    parts(trained, *[np.ndarray] * len(trained))
    if trained:
        matcher.add([np.array(each) for each in trained])
    return matcher


def _bf_matcher(matcher: Any) -> Any:
    twins: Any = np.zeros((2, 2), np.uint8)
    found = matcher.clone(True).match(twins, np.array([[3, 4]], np.uint8))
    return _NORMS[int(found[0].distance)], len(found) == 1, _trained(matcher)


def _make_bf_matcher(state: Any) -> Any:
    norm, cross_check, trained = parts(state, int, bool, list)
    if norm in _NORMS.values():
        return _add(cv2.BFMatcher(norm, cross_check), trained)
    raise ValueError(f"there is no norm {norm}")


def _flann_matcher(matcher: Any) -> Any:
    storage = cv2.FileStorage(".yml", cv2.FILE_STORAGE_WRITE | cv2.FILE_STORAGE_MEMORY)
    matcher.write(storage, "matcher")
    return storage.releaseAndGetString(), _trained(matcher)


def _make_flann_matcher(state: Any) -> Any:
    text, trained = parts(state, str, list)
    if not text.startswith("%YAML"):
        raise ValueError("the parameters of the matcher are no YAML")
    storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    node = storage.getNode("matcher")  # which the storage has to outlive
    if node.empty():
        raise ValueError("the state holds no parameters of a matcher")
    made = cv2.FlannBasedMatcher()
    made.read(node)
    return _add(made, trained)


def _make_kalman(state: Any) -> Any:
    names = _settings.attributes(cv2.KalmanFilter)
    parts((state,), dict)
    parts([state.get(name) for name in names], *[(np.ndarray, type(None))] * len(names))
    transition, measurement = state["transitionMatrix"], state["measurementMatrix"]
    control = state["controlMatrix"]
    if transition is None or measurement is None:
        return _settings.fill(cv2.KalmanFilter(), state, names)
    inputs = 0 if control is None else control.shape[-1]
    kind = {np.dtype(np.float64): cv2.CV_64F}.get(transition.dtype, cv2.CV_32F)
    made = cv2.KalmanFilter(len(transition), len(measurement), inputs, kind)
    if any(np.shape(state[name]) != np.shape(getattr(made, name)) for name in names):
        raise ValueError("the matrices do not fit together")
    return _settings.fill(made, state, names)


def _make_umat(state: Any) -> Any:
    (pixels,) = parts((state,), (np.ndarray, type(None)))
    return cv2.UMat() if pixels is None else cv2.UMat(np.array(pixels))


def _error(error: Any) -> Any:
    held = dict(error.__dict__)
    if "msg" not in held and error.args and getattr(error, "msg", "") == error.args[0]:
        # The class has the fields, of the error that was raised last.
        held.update((name, getattr(error, name)) for name in _ERROR)
    return error.args, held


def _make_error(state: Any) -> Any:
    args, held = parts(state, tuple, dict)
    made = cv2.error(*args)
    made.__dict__.update(held)
    return made


def _charuco_detector(detector: Any) -> Any:
    return tuple(_settings.read(detector, _CHARUCO).values())


def _make_charuco_detector(state: Any) -> Any:
    kinds = [getattr(cv2, f"aruco_{name}") for name in ("CharucoBoard", *_CHARUCO[1:])]
    return cv2.aruco.CharucoDetector(*parts(state, *kinds))


def _board(board: Any) -> Any:
    points = [np.array(each) for each in board.getObjPoints()]
    return points, board.getDictionary(), np.array(board.getIds())


def _make_board(state: Any) -> Any:
    points, dictionary, ids = parts(state, list, cv2.aruco_Dictionary, np.ndarray)
    shapes = {(each.dtype.str, each.shape) for each in parts(points, *[np.ndarray] * len(points))}
    if shapes != {("<f4", (4, 3))} or ids.size != len(points):
        raise ValueError("a board has four corners, in space, and a number for each marker")
    return cv2.aruco.Board(points, dictionary, np.array(ids))


def _grid(board: Any) -> Any:
    sizes = board.getGridSize(), board.getMarkerLength(), board.getMarkerSeparation()
    return *sizes, board.getDictionary(), np.array(board.getIds())


def _checked_grid(state: Any, *more: type) -> Any:
    size, first, second, *rest = parts(
        state, tuple, float, float, cv2.aruco_Dictionary, np.ndarray, *more
    )
    if len(parts(size, int, int)) != 2 or not all(0 < each < 10000 for each in size):
        raise ValueError(f"{size!r} is no size of a board")
    if not (0 < first < 1e30 and 0 < second < 1e30):
        raise ValueError(f"a marker or square of a board is no {first} or {second} wide")
    return size, first, second, *rest


def _make_grid(state: Any) -> Any:
    *held, ids = _checked_grid(state)
    return cv2.aruco.GridBoard(*held, np.array(ids))


def _charuco(board: Any) -> Any:
    sizes = board.getChessboardSize(), board.getSquareLength(), board.getMarkerLength()
    return *sizes, board.getDictionary(), np.array(board.getIds()), board.getLegacyPattern()


def _make_charuco(state: Any) -> Any:
    *held, ids, legacy = _checked_grid(state, bool)
    made = cv2.aruco.CharucoBoard(*held, np.array(ids))
    made.setLegacyPattern(legacy)
    return made


def _mog2(subtractor: Any) -> Any:
    if subtractor.getBackgroundImage() is None:
        return _MOG2[0](subtractor)
    raise ValueError("it has learned a background, which cannot be read back: send a new one")


def _make_hog(state: Any) -> Any:
    (data,) = parts((state,), (bytes, memoryview))
    made = cv2.HOGDescriptor()
    if loaded(data, made.load, ".yml"):
        return made
    raise ValueError("the state holds no descriptor")


def _model(kind: Any) -> tuple[Any, Any]:
    names = [name for name in _settings.getters(kind) if name not in ("LayerSizes", "TrainMethod")]

    def serialize(model: Any) -> Any:
        if not model.isTrained():
            raise ValueError("the model is not trained, and saves no settings: train it before")
        return saved(model.save, ".yml"), _settings.read(model, names)

    def make(state: Any) -> Any:
        data, values = parts(state, (bytes, memoryview), dict)
        made = loaded(data, kind.load, ".yml")
        if issubclass(kind, cv2.ml_DTrees):  # not all settings of these are saved
            _settings.fill(made, values, names, _settings.get, _settings.put)
        if repr(_settings.read(made, names)) != repr(values):
            raise ValueError("the model that was saved has other settings than the one before")
        return made

    return serialize, make


_SIFT = ("NFeatures", "NOctaveLayers", "ContrastThreshold", "EdgeThreshold", "Sigma")
_CHARUCO = ("Board", "CharucoParameters", "DetectorParameters", "RefineParameters")
_MOG2 = _settings.of_getters(cv2.BackgroundSubtractorMOG2, cv2.createBackgroundSubtractorMOG2)
_OTHERS = {
    "BackgroundSubtractorMOG2": (_mog2, _MOG2[1]),
    "SIFT": (_sift, _make_sift),
    "BFMatcher": (_bf_matcher, _make_bf_matcher),
    "FlannBasedMatcher": (_flann_matcher, _make_flann_matcher),
    "KalmanFilter": (_settings.of_attributes(cv2.KalmanFilter)[0], _make_kalman),
    "UMat": (cv2.UMat.get, _make_umat),
    "error": (_error, _make_error),
    "aruco_CharucoDetector": (_charuco_detector, _make_charuco_detector),
    "aruco_Board": (_board, _make_board),
    "aruco_GridBoard": (_grid, _make_grid),
    "aruco_CharucoBoard": (_charuco, _make_charuco),
    "HOGDescriptor": (lambda hog: saved(hog.save, ".yml"), _make_hog),
}


def _register_all() -> None:
    pairs = dict(_OTHERS)
    for name in _PLAIN.split():
        if hasattr(cv2, name):
            pairs[name] = _settings.of_attributes(getattr(cv2, name))
    for name in _SETTERS.split():
        if hasattr(cv2, name):
            kind = getattr(cv2, name)
            make = getattr(kind, "create", None) or getattr(cv2, f"create{name}", kind)
            pairs[name] = _settings.of_getters(kind, make)
    for name in _MODELS.split():
        if hasattr(cv2, f"ml_{name}"):
            pairs[f"ml_{name}"] = _model(getattr(cv2, f"ml_{name}"))
    for name, pair in pairs.items():
        if hasattr(cv2, name):
            # Types of one class each are all called Params.
            own = f"adapters.libraries.cv2.{name}" if name.endswith("_Params") else None
            register(getattr(cv2, name), *pair, name=own)


_register_all()
