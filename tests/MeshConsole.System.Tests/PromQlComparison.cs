using System.Globalization;
using System.Text;
using System.Text.Json;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Testing.RealServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshConsole.System.Tests;

/// <summary>A real Prometheus and the simulator's over the same samples, asked the same over HTTP.</summary>
public sealed class PromQlComparison : IAsyncLifetime, IDisposable
{
    private const double Tolerance = 1e-9;

    private readonly HttpClient _client = new();
    private WebApplication? _application;
    private RealPrometheus? _real;
    private Uri _simulated = new("http://127.0.0.1:0/");

    public async Task InitializeAsync()
    {
        if (ToolLocator.Prometheus is null || ToolLocator.Promtool is null)
        {
            return; // The tests themselves say why they are skipped.
        }

        var samples = new PromQlSamples();
        _real = await RealPrometheus.StartAsync(openMetrics: samples.ToOpenMetrics());
        (_application, _simulated) = await ServeAsync(samples.ToStore());
    }

    public static async Task<(WebApplication Application, Uri Address)> ServeAsync(SampleStore store)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        PrometheusApi.Map(application, store, TimeProvider.System);
        await application.StartAsync();
        return (application, new Uri(application.Urls.First()));
    }

    public async Task DisposeAsync()
    {
        if (_application is { } application)
        {
            await application.DisposeAsync();
        }

        if (_real is { } real)
        {
            await real.DisposeAsync();
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Where the two differ in answer to a request; null when they do not.</summary>
    /// <param name="ordered">Whether the order of the result counts.</param>
    public async Task<string?> DifferenceAsync(string path, IEnumerable<KeyValuePair<string, string>> parameters, bool ordered = false)
    {
        var form = parameters.ToList();
        var (realStatus, real) = await AskAsync(_real!.Address, path, form);
        var (simulatedStatus, simulated) = await AskAsync(_simulated, path, form);
        using (real)
        using (simulated)
        {
            var difference = Difference(realStatus, real.RootElement, simulatedStatus, simulated.RootElement, ordered);
            return difference is null ? null : $"{path} {string.Join(' ', form.Select(pair => $"{pair.Key}={pair.Value}"))}\n    {difference}";
        }
    }

    /// <summary>How many series the real one answers with; -1 for an error.</summary>
    public async Task<int> RealCountAsync(string query, string time)
    {
        var (_, answer) = await AskAsync(_real!.Address, "api/v1/query", [new("query", query), new("time", time)]);
        using (answer)
        {
            return answer.RootElement.GetProperty("status").GetString() != "success" ? -1
                : answer.RootElement.GetProperty("data").GetProperty("resultType").GetString() is "scalar" or "string" ? 1
                : answer.RootElement.GetProperty("data").GetProperty("result").GetArrayLength();
        }
    }

    public static string? Difference(int realStatus, JsonElement real, int simulatedStatus, JsonElement simulated, bool ordered)
    {
        if (realStatus != simulatedStatus)
        {
            return $"status {realStatus} ({Short(real)}), simulated {simulatedStatus} ({Short(simulated)})";
        }

        if (real.GetProperty("status").GetString() == "error")
        {
            var (realType, simulatedType) = (real.GetProperty("errorType").GetString(), simulated.GetProperty("errorType").GetString());
            return realType == simulatedType ? null : $"{Short(real)}, simulated {Short(simulated)}";
        }

        var (a, b) = (real.GetProperty("data"), simulated.GetProperty("data"));
        if (a.ValueKind != JsonValueKind.Object || !a.TryGetProperty("resultType", out var type))
        {
            return Sorted(a).SequenceEqual(Sorted(b)) ? null : $"{Short(a)}, simulated {Short(b)}";
        }

        if (type.GetString() != b.GetProperty("resultType").GetString())
        {
            return $"{type}, simulated {b.GetProperty("resultType")}";
        }

        var (results, others) = (a.GetProperty("result"), b.GetProperty("result"));
        if (type.GetString() is "scalar" or "string")
        {
            return PointDifference(results, others, type.GetString() == "string") is { } difference ? difference : null;
        }

        var expected = results.EnumerateArray().ToList();
        var actual = others.EnumerateArray().ToList();
        if (!ordered)
        {
            expected.Sort((x, y) => string.CompareOrdinal(Labels(x), Labels(y)));
            actual.Sort((x, y) => string.CompareOrdinal(Labels(x), Labels(y)));
        }

        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            if (i >= expected.Count)
            {
                return $"{expected.Count} series, simulated {actual.Count}: one too many is {Short(actual[i])}";
            }

            if (i >= actual.Count || Labels(expected[i]) != Labels(actual[i]))
            {
                return $"{expected.Count} series, simulated {actual.Count}: {Short(expected[i])} against {(i < actual.Count ? Short(actual[i]) : "nothing")}";
            }

            if (SeriesDifference(expected[i], actual[i]) is { } difference)
            {
                return $"{Labels(expected[i])}: {difference}";
            }
        }

        return null;
    }

    private static IEnumerable<string> Sorted(JsonElement list) => list.EnumerateArray().Select(item => item.GetRawText()).Order(StringComparer.Ordinal);

    private static string? SeriesDifference(JsonElement expected, JsonElement actual)
    {
        if (expected.TryGetProperty("value", out var point))
        {
            return PointDifference(point, actual.GetProperty("value"), text: false);
        }

        var (points, others) = (expected.GetProperty("values"), actual.GetProperty("values"));
        for (var i = 0; i < Math.Min(points.GetArrayLength(), others.GetArrayLength()); i++)
        {
            if (PointDifference(points[i], others[i], text: false) is { } difference)
            {
                return difference;
            }
        }

        return points.GetArrayLength() == others.GetArrayLength() ? null : $"{points.GetArrayLength()} points, simulated {others.GetArrayLength()}";
    }

    private static string? PointDifference(JsonElement expected, JsonElement actual, bool text)
    {
        if (expected[0].GetRawText() != actual[0].GetRawText())
        {
            return $"time {expected[0].GetRawText()}, simulated {actual[0].GetRawText()}";
        }

        var (a, b) = (expected[1].GetString()!, actual[1].GetString()!);
        return a == b || (!text && AreClose(Number(a), Number(b))) ? null : $"{a}, simulated {b} (at {expected[0]})";
    }

    private static bool AreClose(double a, double b) =>
        a.Equals(b) || (double.IsFinite(a) && double.IsFinite(b) && Math.Abs(a - b) <= Tolerance * Math.Max(Math.Abs(a), Math.Abs(b)));

    private static double Number(string text) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static string Labels(JsonElement series) => string.Join(
        ", ", series.GetProperty("metric").EnumerateObject().Select(label => $"{label.Name}={JsonSerializer.Serialize(label.Value.GetString())}").Order(StringComparer.Ordinal));

    private static string Short(JsonElement element)
    {
        var text = element.GetRawText();
        return text.Length <= 400 ? text : text[..400] + "…";
    }

    private async Task<(int Status, JsonDocument Answer)> AskAsync(Uri server, string path, List<KeyValuePair<string, string>> form)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in form)
        {
            query.Append(query.Length == 0 ? "?" : "&").Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        }

        // By POST where the API takes it: some of these queries are too long for an address.
        var canPost = path is "api/v1/query" or "api/v1/query_range" or "api/v1/series" or "api/v1/labels";
        using var request = new HttpRequestMessage(canPost ? HttpMethod.Post : HttpMethod.Get, new Uri(server, canPost ? path : path + query));
        if (canPost)
        {
            request.Content = new FormUrlEncodedContent(form);
        }

        using var response = await _client.SendAsync(request);
        await using var body = await response.Content.ReadAsStreamAsync();
        return ((int)response.StatusCode, await JsonDocument.ParseAsync(body));
    }
}
