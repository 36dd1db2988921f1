//! Workloads for the benches, made from fixed seeds.
