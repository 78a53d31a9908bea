using System.Globalization;
using MeshConsole.Simulator.Prometheus.Language;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>The parameters of a request: the form of a POST first, then the query string, as Go's ParseForm has it.</summary>
internal sealed class ApiRequest
{
    private readonly IFormCollection? _form;

    private ApiRequest(HttpContext context, IFormCollection? form)
    {
        Context = context;
        _form = form;
    }

    public HttpContext Context { get; }

    public string? this[string name] => _form is not null && _form.TryGetValue(name, out var posted) && posted.Count > 0
        ? posted[0]
        : Context.Request.Query[name] is { Count: > 0 } asked ? asked[0] : null;

    public static async Task<ApiRequest> ReadAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method) || !context.Request.HasFormContentType) return new ApiRequest(context, null);
        try
        {
            return new ApiRequest(context, await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false));
        }
        catch (Exception fault) when (fault is InvalidDataException or BadHttpRequestException)
        {
            throw ApiException.BadData($"error parsing form values: {fault.Message}");
        }
    }

    public IReadOnlyList<string> All(string name)
    {
        var all = new List<string>();
        if (_form is not null && _form.TryGetValue(name, out var posted)) all.AddRange(posted.OfType<string>());
        all.AddRange(Context.Request.Query[name].OfType<string>());
        return all;
    }

    /// <summary>Unix milliseconds from seconds or RFC 3339; null when the parameter is absent or empty.</summary>
    public long? Time(string name)
    {
        if (this[name] is not { Length: > 0 } text) return null;
        if (PromNumber.TryParse(text, out var seconds))
        {
            if (Math.Abs(seconds) < 9_000_000_000_000) return (long)Math.Round(seconds * 1000, MidpointRounding.AwayFromZero);
        }
        else if (char.IsAsciiDigit(text[0]) && text.Contains('T', StringComparison.OrdinalIgnoreCase)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time.ToUnixTimeMilliseconds();
        }

        throw ApiException.BadParameter(name, $"cannot parse {PromText.Quote(text)} to a valid timestamp");
    }

    /// <summary>Milliseconds from seconds or a duration such as 1m30s; null when the parameter is absent or empty.</summary>
    public long? Duration(string name)
    {
        if (this[name] is not { Length: > 0 } text) return null;
        if (PromNumber.TryParse(text, out var seconds))
        {
            if (!(Math.Abs(seconds) < 9_000_000_000)) throw ApiException.BadParameter(name, $"cannot parse {PromText.Quote(text)} to a valid duration. It overflows int64");
            return (long)(seconds * 1000);
        }

        return PromDuration.TryParse(text, out var milliseconds)
            ? milliseconds
            : throw ApiException.BadParameter(name, $"cannot parse {PromText.Quote(text)} to a valid duration");
    }
}
