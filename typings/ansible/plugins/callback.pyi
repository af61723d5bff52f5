class CallbackBase:
    CALLBACK_VERSION: float
    CALLBACK_TYPE: str
    CALLBACK_NAME: str
