using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeshConsole.Testing.RealServices;

/// <summary>Loads CRDs into an API server and waits until their resources answer.</summary>
internal static partial class CustomResourceDefinitions
{
    private const string Collection = "apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    internal static async Task LoadAsync(ApiClient client, CustomResources which, CancellationToken cancellationToken)
    {
        var definitions = Files(which).SelectMany(file => DocumentEnd().Split(File.ReadAllText(file))).Where(IsDefinition).Select(document => EmptyDefault().Replace(document, "")).ToArray();
        await Parallel.ForEachAsync(
            definitions,
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken },
            async (definition, token) => await client.CreateYamlAsync(Collection, definition, token));

        if (definitions.Length == 0)
        {
            return;
        }

        var (items, _) = await client.ListAsync(Collection, cancellationToken);
        foreach (var item in items)
        {
            var name = item["metadata"]!["name"]!.GetValue<string>();
            await Eventually.BecomesAsync(
                $"CRD {name} established",
                s_patience,
                async token => IsEstablished(await client.GetAsync($"{Collection}/{name}", token)),
                established => established,
                cancellationToken);

            // Established is said before every version is served.
            var spec = item["spec"]!;
            foreach (var version in spec["versions"]!.AsArray().Where(version => version!["served"]!.GetValue<bool>()))
            {
                var path = $"apis/{spec["group"]}/{version!["name"]}/{spec["names"]!["plural"]}?limit=1";
                await Eventually.BecomesAsync(
                    $"{path} served",
                    s_patience,
                    async token =>
                    {
                        using var answer = await client.Http.GetAsync(new Uri(path, UriKind.Relative), token);
                        return answer.StatusCode;
                    },
                    status => status == HttpStatusCode.OK,
                    cancellationToken);
            }
        }
    }

    private static IEnumerable<string> Files(CustomResources which)
    {
        if (which == CustomResources.None)
        {
            return [];
        }

        return which == CustomResources.UpstreamOrMinimal && RepositoryPaths.UpstreamData is { } upstream
            ? new[] { "istio.yaml", "gateway-api.yaml", "smi-trafficsplit-linkerd.yaml", "cert-manager.yaml" }.Select(name => Path.Combine(upstream, "crds", name))
            : Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests", "MeshConsole.Testing", "Crds"), "*.yaml").Order(StringComparer.Ordinal);
    }

    private static bool IsEstablished(JsonNode definition) =>
        definition["status"]?["conditions"]?.AsArray().Any(condition =>
            condition!["type"]!.GetValue<string>() == "Established" && condition["status"]!.GetValue<string>() == "True") == true;

    private static bool IsDefinition(string document) => Kind().IsMatch(document);

    [GeneratedRegex(@"^---[^\n]*$", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex DocumentEnd();

    [GeneratedRegex(@"^kind: CustomResourceDefinition\s*$", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Kind();

    /// <summary>An API server of 1.20 reads a default of "" as null and refuses the definition. Without it "" and absent mean the same here.</summary>
    [GeneratedRegex(@"^\s+default: """"\s*\n", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex EmptyDefault();
}
