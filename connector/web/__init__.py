"""What may be reached over the network: webhooks that save seconds, and a look at our health. Both are optional."""
