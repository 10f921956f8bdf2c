"""What the models say: mappers become frozen descriptors."""
