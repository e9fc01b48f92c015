from functools import partial

import pytest
from kit import check_examples

cv2 = pytest.importorskip("cv2")
np = pytest.importorskip("numpy")

import adapters  # noqa: E402
from adapters.libraries import cv2 as _  # noqa: E402, F401

PIXELS = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


def key_point():
    return cv2.KeyPoint(1.5, 2.5, 3.0, 45.0, 0.5, 2, 7)


def match():
    return cv2.DMatch(1, 2, 3, 0.5)


def edge():
    made = cv2.MSTEdge()
    made.source, made.target, made.weight = 1, 2, 0.5
    return made


def animation():
    made = cv2.Animation()
    made.frames, made.durations, made.loop_count = [PIXELS, PIXELS + 1], [10, 20], 3
    made.bgcolor = (1, 2, 3, 4)
    return made


def camera():
    made = cv2.detail_CameraParams()
    made.focal, made.ppx, made.R = 2.0, 3.0, np.eye(3)
    return made


def matches():
    made = cv2.detail_MatchesInfo()
    made.confidence, made.matches, made.H = 0.5, (match(),), np.eye(3)
    return made


def kalman():
    made = cv2.KalmanFilter(4, 2)
    made.transitionMatrix = np.eye(4, dtype=np.float32) * 2
    return made


def controlled_kalman():
    made = cv2.KalmanFilter(2, 1, 1, cv2.CV_64F)
    made.transitionMatrix = np.array([[1, 1], [0, 1.0]])
    made.measurementMatrix = np.eye(1, 2)
    made.predict(np.ones((1, 1)))
    made.correct(np.ones((1, 1)))
    return made


def error():
    try:
        cv2.cvtColor(None, 1)
    except cv2.error as caught:
        return caught.with_traceback(None)


def sift():
    return cv2.SIFT_create(nfeatures=33, contrastThreshold=0.05)


def precise_sift():
    return cv2.SIFT_create(9, 3, 0.04, 10, 2.0, cv2.CV_8U, True)


def blobs():
    made = blob_parameters()
    return cv2.SimpleBlobDetector_create(made)


def trained_bf_matcher():
    made = cv2.BFMatcher(cv2.NORM_L1)
    made.add([np.eye(3, dtype=np.float32), np.ones((2, 3), np.float32)])
    return made


def flann_matcher():
    made = cv2.FlannBasedMatcher({"algorithm": 1, "trees": 5}, {"checks": 50})
    made.add([np.eye(3, dtype=np.float32)])
    return made


def stereo_bm():
    made = cv2.StereoBM_create(32, 15)
    made.setROI1((1, 2, 3, 4))
    return made


def dis():
    made = cv2.DISOpticalFlow_create(2)
    made.setVariationalRefinementAlpha(3.0)
    return made


def refinement():
    made = cv2.VariationalRefinement_create()
    made.setOmega(1.5)
    return made


def mog2():
    return cv2.createBackgroundSubtractorMOG2(history=77, varThreshold=9.0, detectShadows=False)


def dictionary():
    return cv2.aruco.getPredefinedDictionary(3)


def aruco_parameters():
    made = cv2.aruco.DetectorParameters()
    made.adaptiveThreshConstant, made.useAruco3Detection = 8.0, True
    return made


def refine_parameters():
    return cv2.aruco.RefineParameters(8.0, 2.0, False)


def aruco_detector():
    return cv2.aruco.ArucoDetector(dictionary(), aruco_parameters(), refine_parameters())


def charuco_board():
    made = cv2.aruco.CharucoBoard((5, 4), 0.04, 0.02, dictionary())
    made.setLegacyPattern(True)
    return made


def grid_board():
    return cv2.aruco.GridBoard((3, 2), 0.04, 0.01, dictionary(), np.arange(6) + 10)


def board():
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    return cv2.aruco.Board([points, points + 2], dictionary(), np.array([4, 5]))


def charuco_parameters():
    made = cv2.aruco.CharucoParameters()
    made.cameraMatrix, made.minMarkers = np.eye(3), 1
    return made


def charuco_detector():
    board = charuco_board()
    return cv2.aruco.CharucoDetector(board, charuco_parameters(), aruco_parameters())


def qr_parameters():
    made = cv2.QRCodeDetectorAruco_Params()
    made.maxPenalties = 0.5
    return made


def qr_detector():
    made = cv2.QRCodeDetectorAruco(qr_parameters())
    made.setArucoParameters(aruco_parameters())
    return made


def blob_parameters():
    made = cv2.SimpleBlobDetector_Params()
    made.filterByArea, made.minArea, made.blobColor = True, 5.0, 255
    return made


def usac():
    made = cv2.UsacParams()
    made.confidence, made.isParallel, made.sampler = 0.5, True, cv2.SAMPLING_PROSAC
    return made


def odometry():
    made = cv2.OdometrySettings()
    made.setCameraMatrix(np.eye(3, dtype=np.float32))
    made.setMaxDepth(3.0)
    return made


def hog():
    made = cv2.HOGDescriptor((32, 64), (16, 16), (8, 8), (8, 8), 9)
    made.setSVMDetector(np.arange(made.getDescriptorSize() + 1, dtype=np.float32))
    return made


def trained(kind, **settings):
    made = getattr(cv2.ml, f"{kind}_create")()
    for name, value in settings.items():
        getattr(made, f"set{name}")(value)
    samples = np.random.default_rng(0).random((40, 2)).astype(np.float32)
    labels = (samples.sum(1) > 1).astype(np.int32)
    if kind in ("ANN_MLP", "LogisticRegression"):
        labels = labels.astype(np.float32)
    cv2.setRNGSeed(1)
    if kind == "EM":
        made.trainEM(samples)
    else:
        made.train(samples, 0, labels)
    return made


def svm():
    return trained("SVM", Kernel=0, C=0.5)


def nearest():
    return trained("KNearest", DefaultK=3)


def forest():
    return trained("RTrees", MaxDepth=3)


def tree():
    return trained("DTrees", CVFolds=0, MaxDepth=3)


def boost():
    return trained("Boost", WeakCount=5)


def mixture():
    return trained("EM", ClustersNumber=2)


def bayes():
    return trained("NormalBayesClassifier")


def logistic():
    return trained("LogisticRegression", Iterations=20)


def svm_by_gradient():
    return trained("SVMSGD")


def network():
    return trained("ANN_MLP", LayerSizes=np.array([2, 3, 1]), ActivationFunction=1)


TYPES = {
    "KeyPoint": [key_point, "KeyPoint"],
    "DMatch": [match],
    "RotatedRect": [partial(cv2.RotatedRect, (1, 2), (3, 4), 30)],
    "MSTEdge": [edge],
    "Animation": [animation],
    "CameraParams": [camera],
    "MatchesInfo": [matches],
    "KalmanFilter": [kalman, controlled_kalman],
    "UMat": [
        partial(cv2.UMat, PIXELS),
        partial(
            cv2.UMat,
        ),
    ],
    "error": [error, partial(cv2.error, "text")],
    "ORB": [partial(cv2.ORB_create, nfeatures=123, scaleFactor=1.5, nlevels=4)],
    "SIFT": [sift, precise_sift],
    "MSER": [partial(cv2.MSER_create, 6, 50, 1000)],
    "AKAZE": ["AKAZE_create"],
    "KAZE": ["KAZE_create"],
    "BRISK": ["BRISK_create"],
    "GFTTDetector": [partial(cv2.GFTTDetector_create, 50, useHarrisDetector=True, k=0.05)],
    "FastFeatureDetector": [partial(cv2.FastFeatureDetector_create, 20, False, 0)],
    "AgastFeatureDetector": ["AgastFeatureDetector_create"],
    "SimpleBlobDetector": [blobs],
    "BFMatcher": [partial(cv2.BFMatcher, cv2.NORM_HAMMING, crossCheck=True), trained_bf_matcher],
    "FlannBasedMatcher": [flann_matcher],
    "CLAHE": [partial(cv2.createCLAHE, 3.5, (4, 6))],
    "StereoBM": [stereo_bm],
    "StereoSGBM": [partial(cv2.StereoSGBM_create, -8, 64, 7, mode=cv2.STEREO_SGBM_MODE_HH)],
    "DISOpticalFlow": [dis],
    "FarnebackOpticalFlow": [partial(cv2.FarnebackOpticalFlow_create, numLevels=3, winSize=9)],
    "SparsePyrLKOpticalFlow": [
        partial(cv2.SparsePyrLKOpticalFlow_create, (9, 9), 2, crit=(3, 20, 0.5))
    ],
    "VariationalRefinement": [refinement],
    "BackgroundSubtractorMOG2": [mog2],
    "Tonemap": [partial(cv2.createTonemap, 2.2)],
    "TonemapDrago": [partial(cv2.createTonemapDrago, 1.1, 0.9, 0.8)],
    "TonemapMantiuk": [partial(cv2.createTonemapMantiuk, 1.1, 0.9, 0.8)],
    "TonemapReinhard": [partial(cv2.createTonemapReinhard, 1.1, 0.9, 0.8, 0.1)],
    "AlignMTB": [partial(cv2.createAlignMTB, 5, 3, False)],
    "CalibrateDebevec": [partial(cv2.createCalibrateDebevec, 50, 5.0, True)],
    "CalibrateRobertson": [partial(cv2.createCalibrateRobertson, 20, 0.5)],
    "MergeDebevec": ["createMergeDebevec"],
    "MergeMertens": [partial(cv2.createMergeMertens, 0.5, 0.7, 0.1)],
    "MergeRobertson": ["createMergeRobertson"],
    "ArucoDetector": [aruco_detector],
    "CharucoDetector": [charuco_detector],
    "QRCodeDetectorAruco": [qr_detector],
    "Board": [board],
    "GridBoard": [grid_board],
    "CharucoBoard": [charuco_board],
    "Dictionary": [dictionary],
    "DetectorParameters": [aruco_parameters],
    "RefineParameters": [refine_parameters],
    "CharucoParameters": [charuco_parameters],
    "QRCodeDetectorAruco_Params": [qr_parameters],
    "QRCodeEncoder_Params": ["QRCodeEncoder_Params"],
    "SimpleBlobDetector_Params": [blob_parameters],
    "CirclesGridFinderParameters": ["CirclesGridFinderParameters"],
    "ECCParameters": ["ECCParameters"],
    "UsacParams": [usac],
    "ALIKED_Params": ["ALIKED_Params"],
    "TrackerDaSiamRPN_Params": ["TrackerDaSiamRPN_Params"],
    "TrackerMIL_Params": ["TrackerMIL_Params"],
    "TrackerNano_Params": ["TrackerNano_Params"],
    "TrackerVit_Params": ["TrackerVit_Params"],
    "DetectorParametersMCC": ["mcc_DetectorParametersMCC"],
    "Image2BlobParams": [
        partial(cv2.dnn.Image2BlobParams, (1, 2, 3, 4), (5, 6), (7, 8, 9, 10), True)
    ],
    "OdometrySettings": [odometry],
    "HOGDescriptor": [hog],
    "ml_ANN_MLP": [network],
    "ml_Boost": [boost],
    "ml_DTrees": [tree],
    "ml_EM": [mixture],
    "ml_KNearest": [nearest],
    "ml_LogisticRegression": [logistic],
    "ml_NormalBayesClassifier": [bayes],
    "ml_RTrees": [forest],
    "ml_SVM": [svm],
    "ml_SVMSGD": [svm_by_gradient],
}
OPTIONS = {
    "CharucoDetector": {"rebuilds": 1000},  # free lists fill up slowly
    "CameraParams": {"rebuilds": 1000},
    "HOGDescriptor": {"ignore": ["winSigma"]},  # -1 is saved as what it stands for
}


def makers_of(name):
    prefixes = ("", "aruco_", "detail_", "mcc_", "dnn_")
    if not any(hasattr(cv2, prefix + name) for prefix in prefixes):
        return []
    return [getattr(cv2, each) if isinstance(each, str) else each for each in TYPES[name]]


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    makers = makers_of(name)
    if not makers:
        pytest.skip(f"this OpenCV has no {name}")
    check_examples(*makers, **OPTIONS.get(name, {}))


def copied(obj):
    return adapters.loads(adapters.dumps(obj))


def test_sift_upscales_as_before():
    image = np.random.default_rng(1).integers(0, 255, (40, 40)).astype(np.uint8)
    for precise in (False, True):
        made = cv2.SIFT_create(0, 3, 0.01, 20.0, 1.6, cv2.CV_32F, precise)
        found, expected = (one.detectAndCompute(image, None)[1] for one in (copied(made), made))
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("norm", [2, 4, 5, 6, 7])
@pytest.mark.parametrize("cross_check", [False, True])
def test_matchers_match_as_before(norm, cross_check):
    made = cv2.BFMatcher(norm, cross_check)
    query, trained = np.array([[1, 7], [2, 9], [4, 4]], np.uint8), np.array([[3, 5]], np.uint8)
    found, expected = (one.match(query, trained) for one in (copied(made), made))
    assert [(one.queryIdx, one.distance) for one in found] == [
        (one.queryIdx, one.distance) for one in expected
    ]


def test_a_background_that_was_learned_is_refused():
    made = mog2()
    made.apply(PIXELS)
    with pytest.raises(adapters.SerializeError, match="has learned a background"):
        adapters.dumps(made)


def test_an_error_keeps_its_fields_not_those_of_a_later_one():
    first = error()
    with pytest.raises(cv2.error):
        cv2.GaussianBlur(PIXELS, (2, 2), 1)
    assert copied(first).args == first.args
    assert "code" not in vars(copied(first))
    assert copied(error()).func == "cvtColor"
