example=None
