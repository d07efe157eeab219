"""Images of model versions, made here as layers and put together by the engine that runs them."""
