using MeshConsole.Testing;

namespace MeshConsole.Simulator.Tests.Mesh;

/// <summary>The payments mesh with 20 minutes of past, shared by tests that only look.</summary>
public sealed class PaymentsMeshFixture : IDisposable
{
    public PaymentsMeshFixture()
    {
        Model = new MeshModel(new SimulatorOptions { HistoryLength = TimeSpan.FromMinutes(20) }, Time);
        Model.CreateHistory(CancellationToken.None);
        Counted = new CountedSamples(Model.Samples, Model.TickedAt - TimeSpan.FromMinutes(10), Model.TickedAt);
    }

    internal FakeTimeProvider Time { get; } = new();

    internal MeshModel Model { get; }

    /// <summary>The last ten minutes.</summary>
    internal CountedSamples Counted { get; }

    public void Dispose() => Model.Dispose();
}
