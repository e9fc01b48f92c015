// Classes of pybind11: one of which all can be read, and one that keeps something to itself.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace py = pybind11;
using py::literals::operator""_a;

// An exposure is no argument of the constructor: it is set afterwards.
class Camera {
public:
    Camera(std::string name, int width, int height, std::vector<double> gains, std::string key)
        : name(std::move(name)), width(width), height(height), gains(std::move(gains)),
          key(std::move(key)) {
        if (width <= 0 || height <= 0)
            throw std::invalid_argument("a picture has a width and a height");
    }
    void set_exposure(double seconds) {
        if (seconds <= 0)
            throw std::invalid_argument("an exposure is positive");
        exposure = seconds;
    }

    std::string name;
    int width, height;
    std::vector<double> gains;
    std::string key;
    double exposure = 0.01;
};

// No method returns the offset and the trim; only what convert() returns depends on them.
class Meter {
public:
    Meter(std::string name, double scale, double offset)
        : name(std::move(name)), scale(scale), offset(offset) {}
    void set_trim(double value) { trim = value; }
    double convert(double raw) const { return raw * scale * trim + offset; }

    std::string name;
    double scale;

private:
    double offset, trim = 1;
};

PYBIND11_MODULE(camera, module) {
    py::class_<Camera>(module, "Camera")
        .def(py::init<std::string, int, int, std::vector<double>, std::string>(), "name"_a,
             "width"_a, "height"_a, "gains"_a, "key"_a)
        .def_readonly("name", &Camera::name)
        .def_readonly("width", &Camera::width)
        .def_readonly("height", &Camera::height)
        .def_readonly("gains", &Camera::gains)
        .def_property_readonly("key", [](const Camera &self) { return py::bytes(self.key); })
        .def_property(
            "exposure", [](const Camera &self) { return self.exposure; }, &Camera::set_exposure);

    py::class_<Meter>(module, "Meter")
        .def(py::init<std::string, double, double>(), "name"_a, "scale"_a, "offset"_a = 0.0)
        .def_readonly("name", &Meter::name)
        .def_readonly("scale", &Meter::scale)
        .def("set_trim", &Meter::set_trim, "value"_a)
        .def("convert", &Meter::convert, "raw"_a);
}
