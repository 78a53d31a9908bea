namespace MeshConsole.System.Tests;

/// <summary>
/// Tests that measure how soon something is there, or keep both processors busy themselves: they run one after the other, when all
/// others are over. The others wait for soaks, scrapes and leases most of the time, and two of them run side by side.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
