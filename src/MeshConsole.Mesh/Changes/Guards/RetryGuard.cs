using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>
/// Retries of the rule do not repeat requests that may have been carried out. Istio retries whatever the method is, and a
/// payment that is posted twice is paid twice; connect-failure and refused-stream are safe, since nothing was processed.
/// </summary>
internal sealed class RetryGuard : IGuard
{
    private static readonly string[] s_unsafe = ["5xx", "gateway-error", "reset", "retriable-4xx", "retriable-status-codes", "retriable-headers", "cancelled", "deadline-exceeded", "internal", "unavailable"];
    private static readonly GuardText s_text = new("retries", "Retries repeat nothing twice", "A canary that answers late is retried on another version: a POST may be carried out twice.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Route is not { } route)
        {
            return s_text.Warn("The rule's retry policy is not known.", null);
        }

        if (route.Policy.RetryAttempts is not > 0)
        {
            return s_text.Pass(route.Policy.RetryAttempts == 0 ? "The rule retries nothing." : "The rule writes no retries of its own.");
        }

        var conditions = (route.Policy.RetryOn ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var risky = conditions.Where(c => s_unsafe.Contains(c, StringComparer.OrdinalIgnoreCase) || int.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out _)).ToArray();
        return risky.Length == 0
            ? s_text.Pass("Retries happen only where nothing was processed.", new GuardFact("retryOn", route.Policy.RetryOn))
            : s_text.Warn($"The rule retries on {string.Join(", ", risky)}, for every method: a POST that the canary processed and answered badly is sent again.", "Limit retries to connect-failure and refused-stream for requests that change something.", new GuardFact("attempts", route.Policy.RetryAttempts.Value.ToString(CultureInfo.InvariantCulture)), new GuardFact("retryOn", route.Policy.RetryOn));
    }
}
