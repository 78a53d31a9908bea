using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes.Gates.Statistics;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>
/// Judges the evidence of one look. Pure: the same evidence, settings and earlier looks give the same verdict, so that anybody
/// can compute it again from what the audit keeps. Formulas, sample sizes and sources: docs/decisions, gates.
/// </summary>
public static class GateEvaluator
{
    /// <param name="earlier">
    /// Looks of the same stage before this one. Each that compared the arms makes the next need more evidence to fail: looking
    /// often enough finds a difference by chance.
    /// </param>
    public static GateLook Look(GateEvidence evidence, GateSettings settings, ImmutableArray<GateLook> earlier)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(settings);
        var window = evidence.To - evidence.From;
        if (evidence.Problem is { } problem)
        {
            return Of(evidence, [Traffic(GateVerdict.Error, problem)]);
        }

        if (window <= TimeSpan.Zero || window < evidence.ShortestWindow)
        {
            var missing = evidence.ShortestWindow - window;
            return Of(evidence, [Traffic(GateVerdict.InsufficientData, $"The window of {DurationWords.Of(Later(window))} is too short to hold two scrapes; {DurationWords.Of(evidence.ShortestWindow)} are needed.", missing > TimeSpan.Zero ? missing : null)]);
        }

        if (!GateArm.IsCount(evidence.Lost))
        {
            return Of(evidence, [Traffic(GateVerdict.Error, "The counters of requests that reached no workload make no sense.")]);
        }

        return new Judgement(evidence, settings, earlier).Look();
    }

    private static TimeSpan Later(TimeSpan window) => window > TimeSpan.Zero ? window : TimeSpan.Zero;

    private static GateResult Traffic(GateVerdict verdict, string message, TimeSpan? expected = null) => new(GateCodes.Traffic, "Enough traffic", verdict, message, expected);

    private static GateLook Of(GateEvidence evidence, ImmutableArray<GateResult> results) => new(
        evidence,
        results,
        results.Select(r => r.Verdict).MaxBy(Badness),
        results.Any(r => r.Verdict == GateVerdict.Fail && GateCodes.IsTripwire(r.Code)));

    internal static int Badness(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Pass => 0,
        GateVerdict.InsufficientData => 1,
        GateVerdict.Error => 2,
        GateVerdict.Fail => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };

    /// <summary>The gates over counts that were read.</summary>
    private sealed class Judgement
    {
        private readonly GateEvidence _evidence;
        private readonly GateSettings _settings;
        private readonly GateArm _canary;
        private readonly GateArm _stable;
        private readonly bool _charged;
        private readonly long _lost;
        private readonly int _look;
        private readonly string _things;
        private readonly string _canaryName;
        private readonly string _stableName;
        private readonly string _stableWord;

        public Judgement(GateEvidence evidence, GateSettings settings, ImmutableArray<GateLook> earlier)
        {
            (_evidence, _settings) = (evidence, settings);
            _things = evidence.Connections ? "connections" : "requests";
            (_canaryName, _stableName, _stableWord) = evidence.Refusals is null ? ("canary", "stable backend", "stable") : ("workloads it reaches", "same workloads before it", "the time before");
            _canary = GateArm.Read(_canaryName, evidence.Canary, evidence.Connections);
            _stable = GateArm.Read(_stableName, evidence.Stable, evidence.Connections);
            _lost = (long)Math.Round(evidence.Lost, MidpointRounding.AwayFromZero);

            // A canary without one healthy host is named by no counter: its requests fail before a host is chosen. While the
            // stable backend answers, or gets nothing, they can only be the canary's.
            var silent = evidence.Canary?.Requests is null || (_canary.Fault is null && _canary.Requests == 0);
            _charged = _lost > 0 && silent && (evidence.StableShare == 0 || _stable is { Fault: null, Requests: > 0 });
            if (_charged)
            {
                _canary = _canary with { Requests = _lost, Errors = _lost, Fault = null };
            }

            _look = 1 + (earlier.IsDefault ? 0 : earlier.Count(l => l.Results.Any(r => r is { Code: GateCodes.Traffic, Verdict: GateVerdict.Pass })));
        }

        public GateLook Look()
        {
            var results = ImmutableArray.CreateBuilder<GateResult>();
            results.Add(EnoughTraffic());
            results.Add(Tripwire());
            if (_evidence.Refusals is { } refusals)
            {
                results.Add(RefusalGate.Judge(refusals, _settings, _look));
            }

            results.Add(Objective());
            var errors = ErrorsStop() ?? new Comparison(GateCodes.Errors, $"Failures against {_stableWord}", new ProportionTable(_canary.Errors, _canary.Requests, _stable.Errors, _stable.Requests));
            var latency = _evidence.Connections ? null
                : SlowStop() ?? new Comparison(GateCodes.Latency, $"Slow requests against {_stableWord}", new ProportionTable(_canary.Slow, _canary.Timed, _stable.Slow, _stable.Timed));
            results.AddRange(Compare([errors, .. latency is null ? Array.Empty<Comparison>() : [latency]]));
            return Of(_evidence, results.DrainToImmutable());
        }

        private GateResult EnoughTraffic()
        {
            if (_canary.Fault is { } fault)
            {
                return Traffic(GateVerdict.Error, fault);
            }

            var counted = $"{Count(_canary.Requests)} {_things} of the {_canaryName} in {DurationWords.Of(_evidence.To - _evidence.From)}";
            return _canary.Requests > 0 && _canary.Requests >= _settings.MinimumRequests
                ? Traffic(GateVerdict.Pass, $"{counted}; at least {Count(_settings.MinimumRequests)} are needed.")
                : Traffic(GateVerdict.InsufficientData, $"{counted}, of {Count(_settings.MinimumRequests)} that are needed{Until(_canary.Requests, out var expected)}.", expected);
        }

        private GateResult Tripwire()
        {
            const string title = "Many failures at once";
            if (_canary.Fault is { } fault)
            {
                return new GateResult(GateCodes.Tripwire, title, GateVerdict.Error, fault);
            }

            var limit = $"from {Count(_settings.TripwireRequests)} {_things} on, {Percent(_settings.TripwireErrorRatio)} roll back at once";
            var trips = _canary.Requests > 0 && _canary.Requests >= _settings.TripwireRequests && _canary.Errors > 0 && _canary.ErrorRatio >= _settings.TripwireErrorRatio;
            return new GateResult(GateCodes.Tripwire, title, trips ? GateVerdict.Fail : GateVerdict.Pass, $"{Failed(_canary)}; {limit}.");
        }

        private GateResult Objective()
        {
            const string title = "Failures against the objective";
            GateResult Result(GateVerdict verdict, string message, TimeSpan? expected = null) => new(GateCodes.Objective, title, verdict, message, expected);
            if (_canary.Fault is { } fault)
            {
                return Result(GateVerdict.Error, fault);
            }

            if (_canary.Requests < _settings.MinimumRequests || _canary.Requests == 0)
            {
                return Result(GateVerdict.InsufficientData, $"Too few {_things} of the {_canaryName}{Until(_canary.Requests, out var expected)}.", expected);
            }

            var found = $"{Failed(_canary)}; the objective allows {Percent(_settings.MaxErrorRatio)}";
            if (_canary.ErrorRatio > _settings.MaxErrorRatio)
            {
                // The bound is exceeded for good when chance alone would hardly do it, and is not kept while it is exceeded at all.
                var p = BinomialTest.PValue(_canary.Errors, _canary.Requests, Math.Clamp(_settings.MaxErrorRatio, 0, 1));
                return p <= _settings.Alpha
                    ? Result(GateVerdict.Fail, $"{found}. At that ratio so many failures have a probability of {Probability(p)}, at most {Probability(_settings.Alpha)}.")
                    : Result(GateVerdict.InsufficientData, $"{found}. So many failures may be chance (probability {Probability(p)}, above {Probability(_settings.Alpha)}): more {_things} will tell.");
            }

            var all = _canary.Requests + _lost + (_stable.Fault is null ? _stable.Requests : 0);
            return !_charged && _lost > 0 && _lost > all * _settings.MaxErrorRatio
                ? Result(GateVerdict.Error, $"{Count(_lost)} {_things} to the host of both backends failed before they reached one: whose they were cannot be told. Look for pods that are not ready.")
                : Result(GateVerdict.Pass, $"{found}.");
        }

        /// <summary>Why the failures of the arms cannot be compared; null when they can.</summary>
        private Comparison? ErrorsStop()
        {
            Comparison Stop(GateVerdict verdict, string message, TimeSpan? expected = null) => new(GateCodes.Errors, $"Failures against {_stableWord}", null, verdict, message, expected);
            return _canary.Fault is { } fault ? Stop(GateVerdict.Error, fault)
                : _canary.Requests == 0 || _canary.Requests < _settings.MinimumRequests ? Stop(GateVerdict.InsufficientData, $"Too few {_things} of the {_canaryName}{Until(_canary.Requests, out var expected)}.", expected)
                : _evidence.StableShare == 0 ? Stop(GateVerdict.Pass, "The stable backend gets nothing in this stage: there is nothing to compare with, and the objective alone decides.")
                : _stable.Fault is { } other ? Stop(GateVerdict.Error, other)
                : _stable.Requests < Math.Max(1, _settings.MinimumRequests) ? Stop(
                    GateVerdict.InsufficientData,
                    $"{Count(_stable.Requests)} {_things} of the {_stableName}, of {Count(_settings.MinimumRequests)} that are needed to compare with{Until(_stable.Requests, out var later)}. Until then only the objective is watched.",
                    later)
                : null;
        }

        /// <summary>Why the durations of the arms cannot be compared; null when they can.</summary>
        private Comparison? SlowStop()
        {
            Comparison Stop(GateVerdict verdict, string message, TimeSpan? expected = null) => new(GateCodes.Latency, $"Slow requests against {_stableWord}", null, verdict, message, expected);
            return _canary.Fault is { } fault ? Stop(GateVerdict.Error, fault)
                : _charged || _canary.Requests == 0 ? Stop(GateVerdict.InsufficientData, $"No request of the {_canaryName} was answered: there are no durations.")
                : _canary.DurationFault is { } missing ? Stop(GateVerdict.Error, _evidence.DurationProblem ?? missing)
                : _canary.Timed == 0 || _canary.Timed < _settings.MinimumRequests ? Stop(GateVerdict.InsufficientData, $"Too few durations of the {_canaryName}{Until(_canary.Timed, out var expected)}.", expected)
                : _evidence.StableShare == 0 ? Stop(GateVerdict.Pass, $"{Slowness(_canary)}. The stable backend gets nothing in this stage: there is nothing to compare with.")
                : _stable.Fault is { } other ? Stop(GateVerdict.Error, other)
                : _stable.Requests == 0 ? Stop(GateVerdict.InsufficientData, $"No requests of the {_stableName} to compare with.")
                : _stable.DurationFault is { } stableMissing ? Stop(GateVerdict.Error, _evidence.DurationProblem ?? stableMissing)
                : _stable.Timed < Math.Max(1, _settings.MinimumRequests) ? Stop(GateVerdict.InsufficientData, $"Too few durations of the {_stableName} to compare with{Until(_stable.Timed, out var later)}.", later)
                : _canary.BoundMs != _stable.BoundMs ? Stop(GateVerdict.Error, $"The histograms have different bounds ({Ms(_canary.BoundMs)} and {Ms(_stable.BoundMs)}): slow means two things.")
                : null;
        }

        private IEnumerable<GateResult> Compare(ImmutableArray<Comparison> comparisons)
        {
            var tests = comparisons.Where(c => c.Table is not null).Select(c => (c.Code, Test: ProportionComparison.Of(c.Table!.Value))).ToImmutableArray();
            var adjusted = HolmCorrection.Adjust([.. tests.Select(t => t.Test.PValue)]);
            foreach (var comparison in comparisons)
            {
                if (comparison.Table is not { } table)
                {
                    yield return new GateResult(comparison.Code, comparison.Title, comparison.Verdict, comparison.Message, comparison.Expected);
                    continue;
                }

                var at = tests.IndexOf(tests.First(t => t.Code == comparison.Code));
                yield return comparison.Code == GateCodes.Errors ? Errors(comparison, table, tests[at].Test, adjusted[at]) : Latency(comparison, table, tests[at].Test, adjusted[at]);
            }
        }

        private GateResult Errors(Comparison comparison, ProportionTable table, ProportionComparison test, double p)
        {
            var (canary, stable) = (Ratio(table.CanaryHits, table.CanaryAll), Ratio(table.StableHits, table.StableAll));
            var matters = canary > 0 && canary - stable >= _settings.MinErrorDifference && canary >= stable * _settings.MinErrorFactor;
            var found = $"{Failed(_canary)}, and {Count(table.StableHits)} of {Count(table.StableAll)} at the {_stableName} ({Percent(stable)})";
            return Judge(comparison, matters, found, $"less than {Points(_settings.MinErrorDifference)} or {_settings.MinErrorFactor.ToString("0.##", CultureInfo.InvariantCulture)} times more", test, p);
        }

        private GateResult Latency(Comparison comparison, ProportionTable table, ProportionComparison test, double p)
        {
            var (canary, stable) = (Ratio(table.CanaryHits, table.CanaryAll), Ratio(table.StableHits, table.StableAll));
            var matters = canary > stable && canary - stable >= _settings.MinSlowDifference;
            var found = $"{Slowness(_canary)}, and {Count(table.StableHits)} of {Count(table.StableAll)} at the {_stableName} ({Percent(stable)})";
            return Judge(comparison, matters, found, $"less than {Points(_settings.MinSlowDifference)} more", test, p);
        }

        private GateResult Judge(Comparison comparison, bool matters, string found, string small, ProportionComparison test, double p)
        {
            if (!matters)
            {
                return comparison.Result(GateVerdict.Pass, $"{found}: {small} than {_stableWord}, which does not count.");
            }

            var level = _settings.Alpha / _look;
            var words = $"{found}. If both were alike, so large a difference would have a probability of {Probability(p)} ({test.Name}, corrected for the number of tests)";
            return p <= level ? comparison.Result(GateVerdict.Fail, $"{words}, at most {Probability(level)}{Looks()}.")
                : p <= _settings.Alpha ? comparison.Result(GateVerdict.InsufficientData, $"{words}: suspicious at {Probability(_settings.Alpha)}, but not yet at {Probability(level)}{Looks()}. More {_things} will tell.")
                : comparison.Result(GateVerdict.Pass, $"{words}, above {Probability(_settings.Alpha)}: it may be chance.");
        }

        private string Looks() => _look == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", the level at look {_look}");

        private string Failed(GateArm arm) => arm.Requests == 0 ? $"no {_things} at the {_canaryName}"
            : $"{Count(arm.Errors)} of {Count(arm.Requests)} {_things} failed at the {_canaryName} ({Percent(arm.ErrorRatio)}{(_charged ? "; none reached a workload" : "")})";

        private string Slowness(GateArm arm) => $"{Count(arm.Slow)} of {Count(arm.Timed)} requests took longer than {Ms(arm.BoundMs)} at the {_canaryName} ({Percent(arm.SlowRatio)})";

        private string Until(long seen, out TimeSpan? expected)
        {
            var window = (_evidence.To - _evidence.From).TotalSeconds;
            var seconds = seen > 0 ? Math.Ceiling((_settings.MinimumRequests - seen) * window / seen) : double.PositiveInfinity;
            expected = seconds < TimeSpan.FromDays(365).TotalSeconds ? TimeSpan.FromSeconds(Math.Max(1, seconds)) : null;
            return expected is { } wait ? $": about {DurationWords.Of(wait)} more at this rate" : ": none at this rate";
        }

        private static double Ratio(long part, long all) => (double)part / all;

        private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

        private static string Percent(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio * 100:0.##} %");

        private static string Points(double difference) => string.Create(CultureInfo.InvariantCulture, $"{difference * 100:0.##} points");

        private static string Ms(double bound) => string.Create(CultureInfo.InvariantCulture, $"{bound:0.###} ms");

        private static string Probability(double p) => p < 1e-6 ? "less than 0.000001" : p.ToString(p < 0.001 ? "0.######" : "0.####", CultureInfo.InvariantCulture);
    }

    /// <summary>A comparison to be made, or why it is not.</summary>
    private sealed record Comparison(string Code, string Title, ProportionTable? Table, GateVerdict Verdict = GateVerdict.Pass, string Message = "", TimeSpan? Expected = null)
    {
        public GateResult Result(GateVerdict verdict, string message) => new(Code, Title, verdict, message);
    }
}
