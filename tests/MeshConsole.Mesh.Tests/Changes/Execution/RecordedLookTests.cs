using System.Text.Json;
using System.Text.Json.Serialization;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

public sealed class RecordedLookTests
{
    private static readonly JsonSerializerOptions s_reading = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private static readonly DateTimeOffset s_from = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(236, 691, 0, 195)]
    [InlineData(1, 691, 0, 195)]
    [InlineData(0, 3, 0, 195)]
    public void VerdictOfARecord_CanBeComputedAgainFromTheRecordAlone(double canaryErrors, double canary, double stableErrors, double stable)
    {
        var evidence = new GateEvidence(s_from, s_from.AddMinutes(5), new GateCounts(canary, canaryErrors, canary, 3, 500), new GateCounts(stable, stableErrors, stable, 1, 500), ["sum(increase(x[300s]))"], null)
        {
            StableShare = 0.25,
            Lost = 2,
            ShortestWindow = TimeSpan.FromSeconds(30),
        };
        var settings = GateSettings.Default with { MinimumRequests = 20, Alpha = 0.02 };
        var look = GateEvaluator.Look(evidence, settings, []);

        // As it comes back out of the audit: text.
        using var record = JsonDocument.Parse(ChangeAudit.Look(0, look, settings).ToJsonString());
        var again = GateEvaluator.Look(
            record.RootElement.GetProperty("evidence").Deserialize<GateEvidence>(s_reading)!,
            record.RootElement.GetProperty("settings").Deserialize<GateSettings>(s_reading)!,
            []);

        again.Verdict.ToString().ShouldBe(record.RootElement.GetProperty("verdict").GetString());
        again.Results.ShouldBe(look.Results);
        again.Trips.ShouldBe(look.Trips);
    }
}
