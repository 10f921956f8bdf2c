"""The rule of inputs that take exactly one field."""

from typing import Any

from graphql import (
    GraphQLError,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValidationRule,
    get_named_type,
    get_nullable_type,
)


class OneOfRule(ValidationRule):
    """Refuses literals of such inputs with another number of fields, and with one that may be null.

    Strawberry's own knows no variables in fragments that stand before their operation.

    Source:
        GraphQL specification, "OneOf Input Objects".
    """

    def enter_object_value(self, node: ObjectValueNode, *_rest: Any) -> None:
        """Judge a literal; what its variables may hold is judged with the operation."""
        type_ = get_named_type(self.context.get_input_type())
        if not _is_one_of(type_):
            return
        if len(node.fields) != 1:
            message = f"OneOf Input Object '{type_}' must specify exactly one key."
            self.report_error(GraphQLError(message, node))
        elif isinstance(node.fields[0].value, NullValueNode):
            message = f"Field '{type_}.{node.fields[0].name.value}' must be non-null."
            self.report_error(GraphQLError(message, node))

    def enter_operation_definition(self, node: OperationDefinitionNode, *_rest: Any) -> None:
        """Judge the variables of an operation, in its fragments too."""
        defined = {each.variable.name.value: each for each in node.variable_definitions or ()}
        for usage in self.context.get_recursive_variable_usages(node):
            name = usage.node.name.value
            parent = get_nullable_type(usage.parent_type)
            if not _is_one_of(parent) or name not in defined:
                continue
            if not isinstance(defined[name].type, NonNullTypeNode):
                message = (
                    f"Variable '{name}' must be non-nullable to be used for OneOf Input Object "
                    f"'{parent}'."
                )
                self.report_error(GraphQLError(message, [defined[name], usage.node]))


def _is_one_of(type_: Any) -> bool:
    definition = getattr(type_, "extensions", {}).get("strawberry-definition")
    return bool(getattr(definition, "is_one_of", False))
