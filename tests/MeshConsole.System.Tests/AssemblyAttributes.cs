// Each of these tests runs servers of its own: two classes at a time, those of the collection Alone one by one.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
