from collections.abc import Mapping

class _Result:
    error_messages: list[str]

class ArgumentSpecValidator:
    def __init__(self, argument_spec: Mapping[str, object]) -> None: ...
    def validate(self, parameters: Mapping[str, object]) -> _Result: ...
