using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>What holds for every request, whatever it wants changed; gathers everything that is wrong with it.</summary>
internal sealed class RequestRules(ChangeRequest request)
{
    private const int LongestReason = 4_000;
    private const int LongestTicket = 200;

    private static readonly TimeSpan s_longestSoak = TimeSpan.FromDays(30);

    private readonly ImmutableArray<PlanFault>.Builder _faults = ImmutableArray.CreateBuilder<PlanFault>();

    public bool Failed => _faults.Count > 0;

    public ImmutableArray<PlanFault> Faults => _faults.ToImmutable();

    /// <returns>False, to be returned.</returns>
    public bool Fault(string code, string message, string? field = null)
    {
        _faults.Add(new PlanFault(code, message, field));
        return false;
    }

    public void CheckTexts()
    {
        CheckText(request.Reason ?? "", LongestReason, "reason");
        CheckText(request.Ticket ?? "", LongestTicket, "ticket");
    }

    public void CheckSoakAndGates()
    {
        CheckSoak(request.Soak, "soak");
        CheckGates();
    }

    public void CheckSoak(TimeSpan? soak, string field)
    {
        if (soak < TimeSpan.Zero || soak > s_longestSoak)
        {
            Fault("soak", $"A soak is between 0 and {s_longestSoak.TotalDays:0} days, and this one is {soak}.", field);
        }
    }

    private void CheckGates()
    {
        if (request.Gates is not { } gates)
        {
            return;
        }

        Gate(gates.MinimumRequests >= 1, "minimumRequests", "at least 1");
        Gate(gates.MaxErrorRatio is >= 0 and <= 1, "maxErrorRatio", "between 0 and 1");
        Gate(gates.MinErrorDifference is >= 0 and <= 1, "minErrorDifference", "between 0 and 1");
        Gate(gates.MinErrorFactor is >= 1 and <= 1e6, "minErrorFactor", "between 1 and 1,000,000");
        Gate(gates.SlowerThanMs is > 0 and <= 3_600_000, "slowerThanMs", "above 0 and at most an hour, in milliseconds");
        Gate(gates.MinSlowDifference is >= 0 and <= 1, "minSlowDifference", "between 0 and 1");
        Gate(gates.Alpha is > 0 and < 0.5, "alpha", "above 0 and below 0.5");
        Gate(gates.TripwireRequests >= 1, "tripwireRequests", "at least 1");
        Gate(gates.TripwireErrorRatio is > 0 and <= 1, "tripwireErrorRatio", "above 0 and at most 1");
        Gate(gates.MaxHold >= TimeSpan.Zero && gates.MaxHold <= s_longestSoak, "maxHold", "between 0 and 30 days");

        void Gate(bool holds, string field, string legal)
        {
            if (!holds)
            {
                Fault("gates", $"The gate setting {field} is {legal}.", $"gates.{field}");
            }
        }
    }

    private void CheckText(string text, int longest, string field)
    {
        if (text.Length > longest)
        {
            Fault("text", $"The {field} is longer than {longest} characters.", field);
        }
        else if (!IsUnicode(text))
        {
            Fault("text", $"The {field} holds half of a character (a lone surrogate) and cannot be stored.", field);
        }
    }

    private static bool IsUnicode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return false;
            }
        }

        return true;
    }
}
