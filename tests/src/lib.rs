//! Harness of the test suite: corpora, generators and the oracle.
