"""One sampler for each way of seeing N: draws events from the same calculation as the template."""
