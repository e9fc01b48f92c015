from functools import cache

import pytest
from kit import check_examples

pytest.importorskip("google.protobuf")
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    struct_pb2,
)

import adapters
from adapters.libraries import protobuf as _  # noqa: F401


@cache
def pool():
    """A pool with a message and a service that no module defines."""
    made = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(name="x.proto", package="q", syntax="proto3")
    kind = file.message_type.add(name="M")
    kind.field.add(name="v", number=1, type=5, label=1)
    kind.field.add(name="m", number=2, type=11, label=1, type_name=".q.M")
    service = file.service.add(name="S")
    service.method.add(name="f", input_type=".q.M", output_type=".q.M")
    made.Add(file)
    return made


def of_run_time():
    kind = message_factory.GetMessageClass(pool().FindMessageTypeByName("q.M"))
    made = kind(v=5)
    made.m.v = 6
    return made


def struct():
    made = struct_pb2.Struct()
    made["a"] = 1
    made["b"] = [True, None, "c"]
    return made


def nested():
    return descriptor_pb2.DescriptorProto.ExtensionRange(start=3)


def described():
    return pool().FindMessageTypeByName("q.M")


def well_known():
    return descriptor_pb2.FileDescriptorProto.DESCRIPTOR


def field():
    return described().fields_by_name["v"]


def enumeration():
    return descriptor_pb2.FieldDescriptorProto.Type.DESCRIPTOR


def enum_value():
    return enumeration().values_by_name["TYPE_BOOL"]


def oneof():
    return struct_pb2.Value.DESCRIPTOR.oneofs[0]


def file():
    return described().file


def service():
    return pool().FindServiceByName("q.S")


def method():
    return service().methods[0]


TYPES = {
    "Descriptor": [described, well_known],
    "FieldDescriptor": [field],
    "EnumDescriptor": [enumeration],
    "EnumValueDescriptor": [enum_value],
    "OneofDescriptor": [oneof],
    "FileDescriptor": [file],
    "ServiceDescriptor": [service],
    "MethodDescriptor": [method],
    "DescriptorPool": [descriptor_pool.Default],
}
ONE = {
    "skip": dict.fromkeys(
        ["factory_makes_a_fresh_object", "deepcopy_makes_a_second_object"],
        "a pool has one of each",
    )
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **ONE)


@pytest.mark.parametrize("make", [struct, nested, of_run_time])
def test_messages_of_all_classes(make):
    sent = make()
    twin = adapters.loads(adapters.dumps(sent))
    assert twin.SerializeToString() == sent.SerializeToString()
    assert twin.DESCRIPTOR.full_name == sent.DESCRIPTOR.full_name
    if make is not of_run_time:
        assert type(twin) is type(sent)


def test_messages_of_one_class_arrive_with_one_class():
    one, other = adapters.loads(adapters.dumps([of_run_time(), of_run_time()]))
    assert type(one) is type(other)
    assert one.m.v == 6


def test_what_a_module_defines_is_found_there():
    assert adapters.loads(adapters.dumps(well_known())) is well_known()


def test_a_pool_of_ones_own_is_refused():
    with pytest.raises(adapters.SerializeError, match="does not list its files"):
        adapters.dumps(pool())
