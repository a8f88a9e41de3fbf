//! Which service calls which, how often, how slowly: the graph at run time.
