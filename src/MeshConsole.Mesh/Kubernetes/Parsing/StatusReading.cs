using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>Turns a <c>Status</c> object, or an answer without one, into a typed error.</summary>
internal static class StatusReading
{
    /// <summary>An error of an HTTP answer.</summary>
    /// <param name="request">What was asked, for people: <c>list pods in namespace payments</c>.</param>
    /// <param name="code">HTTP status code.</param>
    /// <param name="body">The body, or its beginning.</param>
    /// <param name="auditId">Id of the request in the server's audit log; null when it gave none.</param>
    public static KubernetesException FromAnswer(string request, int code, ReadOnlySpan<byte> body, RetryConditionHeaderValue? retryAfter, DateTimeOffset now, string? auditId = null)
    {
        var status = TryParse(body);
        var wait = Wait(retryAfter, now) ?? status?.RetryAfter;
        return Create(request, status?.Code is >= 400 ? status.Code.Value : code, status, wait, auditId);
    }

    /// <summary>The error that a watch sends as an event of type ERROR.</summary>
    public static KubernetesException FromEvent(string request, ReadOnlySpan<byte> statusJson)
    {
        var status = TryParse(statusJson);
        return Create(request, status?.Code ?? 0, status, status?.RetryAfter);
    }

    public static KubernetesErrorKind KindOf(int code, string? reason) => (code, reason) switch
    {
        (_, "Expired" or "Gone") or (410, _) => KubernetesErrorKind.Gone,
        (_, "AlreadyExists") => KubernetesErrorKind.AlreadyExists,
        (400, _) => KubernetesErrorKind.BadRequest,
        (401, _) => KubernetesErrorKind.Unauthorized,
        (403, _) => KubernetesErrorKind.Forbidden,
        (404, _) => KubernetesErrorKind.NotFound,
        (405, _) => KubernetesErrorKind.MethodNotAllowed,
        (409, _) => KubernetesErrorKind.Conflict,
        (422, _) => KubernetesErrorKind.Invalid,
        (429, _) => KubernetesErrorKind.TooManyRequests,
        (503, _) => KubernetesErrorKind.Unavailable,
        (504, _) => KubernetesErrorKind.TimedOut,
        ( >= 500, _) => KubernetesErrorKind.ServerError,
        _ => KubernetesErrorKind.Other,
    };

    private static KubernetesException Create(string request, int code, Status? status, TimeSpan? wait, string? auditId = null)
    {
        var said = status?.Message is { Length: > 0 } message ? $": {Printable.Text(message, 500)}" : "";
        var answered = code > 0 ? $"HTTP {code}" : "an error";
        var reason = status?.Reason is { Length: > 0 } name ? $" {Printable.Text(name, 60)}" : "";
        return new KubernetesException(KindOf(code, status?.Reason), $"{request}: the API server answered {answered}{reason}{said}")
        {
            Code = code > 0 ? code : null,
            Reason = status?.Reason,
            ServerMessage = status?.Message,
            Details = status?.Details,
            RetryAfter = wait,
            AuditId = auditId,
        };
    }

    private static TimeSpan? Wait(RetryConditionHeaderValue? retryAfter, DateTimeOffset now) => retryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > now => date - now,
        _ => null,
    };

    private static Status? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            return Parse(json);
        }
        catch (Exception exception) when (exception is JsonException or MalformedObjectException or InvalidOperationException)
        {
            // A proxy's page, or an answer cut short: the code alone has to do.
            return null;
        }
    }

    private static Status? Parse(ReadOnlySpan<byte> json)
    {
        var reader = JsonReading.Open(json);
        var strings = new StringPool();
        string? kind = null;
        string? reason = null;
        string? message = null;
        int? code = null;
        KubernetesStatusDetails? details = null;
        int? retryAfter = null;
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("kind"u8))
            {
                kind = reader.ReadString(strings, "kind");
            }
            else if (reader.ValueTextEquals("reason"u8))
            {
                reason = reader.ReadString(strings, "reason");
            }
            else if (reader.ValueTextEquals("message"u8))
            {
                message = reader.ReadString(strings, "message");
            }
            else if (reader.ValueTextEquals("code"u8))
            {
                code = reader.ReadInt32("code");
            }
            else if (reader.ValueTextEquals("details"u8))
            {
                (details, retryAfter) = ReadDetails(ref reader, strings);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return kind is "Status"
            ? new Status(code, reason, message, details, retryAfter is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null)
            : null;
    }

    private static (KubernetesStatusDetails? Details, int? RetryAfterSeconds) ReadDetails(ref Utf8JsonReader reader, StringPool strings)
    {
        string? group = null;
        string? kind = null;
        string? name = null;
        int? retryAfter = null;
        ImmutableArray<KubernetesStatusCause> causes = [];
        if (!reader.EnterObject("details"))
        {
            return (null, null);
        }

        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("group"u8))
            {
                group = reader.ReadString(strings, "details.group");
            }
            else if (reader.ValueTextEquals("kind"u8))
            {
                kind = reader.ReadString(strings, "details.kind");
            }
            else if (reader.ValueTextEquals("name"u8))
            {
                name = reader.ReadString(strings, "details.name");
            }
            else if (reader.ValueTextEquals("retryAfterSeconds"u8))
            {
                retryAfter = reader.ReadInt32("details.retryAfterSeconds");
            }
            else if (reader.ValueTextEquals("causes"u8))
            {
                causes = ReadCauses(ref reader, strings);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return (new KubernetesStatusDetails(group, kind, name, causes), retryAfter);
    }

    private static ImmutableArray<KubernetesStatusCause> ReadCauses(ref Utf8JsonReader reader, StringPool strings)
    {
        if (!reader.EnterArray("details.causes"))
        {
            return [];
        }

        var causes = ImmutableArray.CreateBuilder<KubernetesStatusCause>();
        while (reader.NextObject("details.causes"))
        {
            string? reason = null;
            string? message = null;
            string? field = null;
            while (reader.NextProperty())
            {
                if (reader.ValueTextEquals("reason"u8))
                {
                    reason = reader.ReadString(strings, "details.causes.reason");
                }
                else if (reader.ValueTextEquals("message"u8))
                {
                    message = reader.ReadString(strings, "details.causes.message");
                }
                else if (reader.ValueTextEquals("field"u8))
                {
                    field = reader.ReadString(strings, "details.causes.field");
                }
                else
                {
                    reader.SkipValue();
                }
            }

            causes.Add(new KubernetesStatusCause(reason, message, field));
        }

        return causes.DrainToImmutable();
    }

    private sealed record Status(int? Code, string? Reason, string? Message, KubernetesStatusDetails? Details, TimeSpan? RetryAfter);
}
