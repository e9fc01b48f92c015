// A class of C++ behind a proxy of SWIG, with getX and setX. Its serial number is bytes.
%module motor
%feature("autodoc", "1");
%include <std_string.i>
%include <std_vector.i>
%template(Doubles) std::vector<double>;

%typemap(typecheck, precedence=SWIG_TYPECHECK_STRING) const Bytes & "$1 = PyBytes_Check($input);"
%typemap(in) const Bytes & (Bytes taken) {
    char *start;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize($input, &start, &size) < 0) SWIG_fail;
    taken.data.assign(start, size);
    $1 = &taken;
}
%typemap(out) const Bytes & "$result = PyBytes_FromStringAndSize($1->data.data(), $1->data.size());"

%{
#include <string>
#include <vector>

struct Bytes {
    std::string data;
};
%}

%inline %{
class Motor {
public:
    Motor(const std::string &name, int poles, const std::vector<double> &coils,
          const Bytes &serial)
        : name(name), poles(poles), coils(coils), serial(serial), limit(1500) {}
    const std::string &getName() const { return name; }
    int getPoles() const { return poles; }
    const std::vector<double> &getCoils() const { return coils; }
    const Bytes &getSerial() const { return serial; }
    double getLimit() const { return limit; }
    void setLimit(double turns) { limit = turns; }

private:
    std::string name;
    int poles;
    std::vector<double> coils;
    Bytes serial;
    double limit;
};
%}
