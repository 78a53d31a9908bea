namespace MeshConsole.Tests.Host;

/// <summary>One console for all host tests: they only read.</summary>
[CollectionDefinition(Name)]
public sealed class ConsoleCollection : ICollectionFixture<ConsoleFactory>
{
    public const string Name = "console";
}
