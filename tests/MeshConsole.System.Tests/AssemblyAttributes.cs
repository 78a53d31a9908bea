// Each of these tests runs servers of its own: one after the other, or small machines measure themselves.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
