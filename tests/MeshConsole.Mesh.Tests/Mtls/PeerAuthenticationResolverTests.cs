using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Mtls;

namespace MeshConsole.Mesh.Tests.Mtls;

/// <summary>
/// Policies are written <c>namespace/name[selector] mode port=mode… @age</c>, separated by <c>;</c>. The mode may be left out
/// (no <c>mtls</c> at all), a port may be <c>null</c> or <c>UNSET</c>; <c>@1</c> is older than <c>@2</c>, none is <c>@5</c>.
/// The outcome is written <c>mode by</c>, then <c>port=mode by</c>; <c>-</c> is Istio's default.
/// </summary>
public sealed partial class PeerAuthenticationResolverTests
{
    [Theory]

    // Nothing, and one level at a time.
    [InlineData("", "PERMISSIVE -")]
    [InlineData("istio-system/default STRICT", "STRICT istio-system/default")]
    [InlineData("istio-system/default PERMISSIVE", "PERMISSIVE istio-system/default")]
    [InlineData("istio-system/default DISABLE", "DISABLE istio-system/default")]
    [InlineData("istio-system/default UNSET", "PERMISSIVE -")]
    [InlineData("istio-system/default", "PERMISSIVE -")]
    [InlineData("pay/default STRICT", "STRICT pay/default")]
    [InlineData("pay/default DISABLE", "DISABLE pay/default")]
    [InlineData("pay/default UNSET", "PERMISSIVE -")]
    [InlineData("pay/w[app=ledger] STRICT", "STRICT pay/w")]
    [InlineData("pay/w[app=ledger] DISABLE", "DISABLE pay/w")]
    [InlineData("pay/w[app=ledger]", "PERMISSIVE -")]

    // Other namespaces and other workloads do not count.
    [InlineData("web/default STRICT", "PERMISSIVE -")]
    [InlineData("web/w[app=ledger] STRICT", "PERMISSIVE -")]
    [InlineData("pay/w[app=other] STRICT", "PERMISSIVE -")]
    [InlineData("pay/w[app=ledger,tier=gold] STRICT", "PERMISSIVE -")]
    [InlineData("pay/w[app=ledger,version=v1] STRICT", "STRICT pay/w")]
    [InlineData("pay/w[App=ledger] STRICT", "PERMISSIVE -")]
    [InlineData("pay/w[app=Ledger] STRICT", "PERMISSIVE -")]

    // The nearer level wins when it says something.
    [InlineData("istio-system/default STRICT; pay/default PERMISSIVE", "PERMISSIVE pay/default")]
    [InlineData("istio-system/default DISABLE; pay/default STRICT", "STRICT pay/default")]
    [InlineData("istio-system/default STRICT; pay/default UNSET", "STRICT istio-system/default")]
    [InlineData("istio-system/default STRICT; pay/default", "STRICT istio-system/default")]
    [InlineData("istio-system/default STRICT; pay/w[app=ledger] DISABLE", "DISABLE pay/w")]
    [InlineData("istio-system/default STRICT; pay/w[app=ledger] UNSET", "STRICT istio-system/default")]
    [InlineData("pay/default STRICT; pay/w[app=ledger] PERMISSIVE", "PERMISSIVE pay/w")]
    [InlineData("pay/default STRICT; pay/w[app=ledger] UNSET", "STRICT pay/default")]
    [InlineData("pay/default STRICT; pay/w[app=ledger]", "STRICT pay/default")]
    [InlineData("istio-system/default DISABLE; pay/default PERMISSIVE; pay/w[app=ledger] STRICT", "STRICT pay/w")]
    [InlineData("istio-system/default DISABLE; pay/default UNSET; pay/w[app=ledger] UNSET", "DISABLE istio-system/default")]
    [InlineData("istio-system/default UNSET; pay/default UNSET; pay/w[app=ledger] UNSET", "PERMISSIVE -")]
    [InlineData("istio-system/default UNSET; pay/default STRICT; pay/w[app=ledger] UNSET", "STRICT pay/default")]

    // A nearer level wins whatever its age.
    [InlineData("istio-system/default STRICT @1; pay/default PERMISSIVE @9", "PERMISSIVE pay/default")]
    [InlineData("istio-system/default STRICT @9; pay/default PERMISSIVE @1", "PERMISSIVE pay/default")]
    [InlineData("pay/default STRICT @1; pay/w[app=ledger] DISABLE @9", "DISABLE pay/w")]

    // Of several at one level the oldest counts, also when it says nothing.
    [InlineData("istio-system/a STRICT @2; istio-system/b DISABLE @1", "DISABLE istio-system/b")]
    [InlineData("istio-system/a STRICT @1; istio-system/b DISABLE @2", "STRICT istio-system/a")]
    [InlineData("istio-system/a UNSET @1; istio-system/b STRICT @2", "PERMISSIVE -")]
    [InlineData("pay/a STRICT @2; pay/b DISABLE @1", "DISABLE pay/b")]
    [InlineData("pay/a UNSET @1; pay/b STRICT @2; istio-system/default DISABLE", "DISABLE istio-system/default")]
    [InlineData("pay/a[app=ledger] STRICT @2; pay/b[app=ledger] DISABLE @1", "DISABLE pay/b")]
    [InlineData("pay/a[app=ledger] STRICT @1; pay/b[app=ledger,version=v1] DISABLE @2", "STRICT pay/a")]
    [InlineData("pay/a[app=ledger] UNSET @1; pay/b[version=v1] STRICT @2", "PERMISSIVE -")]
    [InlineData("pay/a[app=other] STRICT @1; pay/b[app=ledger] DISABLE @2", "DISABLE pay/b")]

    // Equal ages: the name decides, in whatever order the policies come.
    [InlineData("pay/a STRICT @1; pay/b DISABLE @1", "STRICT pay/a")]
    [InlineData("pay/b DISABLE @1; pay/a STRICT @1", "STRICT pay/a")]
    [InlineData("pay/b[app=ledger] DISABLE @1; pay/a[app=ledger] STRICT @1", "STRICT pay/a")]
    [InlineData("pay/B STRICT @1; pay/a DISABLE @1", "STRICT pay/B")]
    [InlineData("istio-system/default STRICT @1; istio-system/all DISABLE @1", "DISABLE istio-system/all")]

    // Ports come from the workload level only.
    [InlineData("pay/w[app=ledger] STRICT 8080=DISABLE", "STRICT pay/w; 8080=DISABLE pay/w")]
    [InlineData("pay/w[app=ledger] DISABLE 8080=STRICT 9090=PERMISSIVE", "DISABLE pay/w; 8080=STRICT pay/w; 9090=PERMISSIVE pay/w")]
    [InlineData("pay/w[app=ledger] 8080=STRICT", "PERMISSIVE -; 8080=STRICT pay/w")]
    [InlineData("pay/w[app=ledger] UNSET 8080=DISABLE; pay/default STRICT", "STRICT pay/default; 8080=DISABLE pay/w")]
    [InlineData("pay/w[app=ledger] UNSET 8080=UNSET; pay/default STRICT", "STRICT pay/default; 8080=STRICT pay/default")]
    [InlineData("pay/w[app=ledger] UNSET 8080=null; istio-system/default STRICT", "STRICT istio-system/default; 8080=STRICT istio-system/default")]
    [InlineData("pay/w[app=ledger] DISABLE 8080=UNSET; pay/default STRICT", "DISABLE pay/w; 8080=DISABLE pay/w")]
    [InlineData("pay/w[app=ledger] 8080=UNSET", "PERMISSIVE -; 8080=PERMISSIVE -")]
    [InlineData("pay/default STRICT 8080=DISABLE", "STRICT pay/default")]
    [InlineData("istio-system/default STRICT 8080=DISABLE", "STRICT istio-system/default")]
    [InlineData("pay/a[app=ledger] STRICT @1; pay/b[app=ledger] PERMISSIVE 8080=DISABLE @2", "STRICT pay/a")]
    [InlineData("pay/w[app=ledger] STRICT 9090=DISABLE 8080=DISABLE", "STRICT pay/w; 8080=DISABLE pay/w; 9090=DISABLE pay/w")]
    [InlineData("pay/w[app=ledger] STRICT 0=DISABLE 65536=DISABLE http=DISABLE -1=DISABLE", "STRICT pay/w")]
    [InlineData("pay/w[app=ledger] STRICT 1=DISABLE 65535=PERMISSIVE", "STRICT pay/w; 1=DISABLE pay/w; 65535=PERMISSIVE pay/w")]

    // A selector in the root namespace does nothing for others.
    [InlineData("istio-system/w[app=ledger] STRICT", "PERMISSIVE -")]
    [InlineData("istio-system/w[app=ledger] STRICT @1; istio-system/default DISABLE @2", "DISABLE istio-system/default")]
    [InlineData("istio-system/w[app=ledger] STRICT 8080=DISABLE", "PERMISSIVE -")]

    // Words that Istio does not know are read as nothing.
    [InlineData("pay/default strict", "PERMISSIVE -")]
    [InlineData("pay/default MUTUAL; istio-system/default STRICT", "STRICT istio-system/default")]
    public void Resolve_Sidecar_FollowsIstiod(string policies, string expected) =>
        Say(new PeerAuthenticationResolver(Read(policies)).ResolveWorkload("pay", s_ledger)).ShouldBe(expected);

    [Theory]
    [InlineData("istio-system/default STRICT", "STRICT istio-system/default")]
    [InlineData("istio-system/w[app=ledger] DISABLE; istio-system/default STRICT", "STRICT istio-system/default")]
    [InlineData("istio-system/w[app=ledger] DISABLE", "PERMISSIVE -")]
    [InlineData("istio-system/w[app=ledger] STRICT 8080=DISABLE", "PERMISSIVE -")]
    [InlineData("pay/default STRICT", "PERMISSIVE -")]
    public void Resolve_WorkloadInTheRootNamespace_HasTheMeshLevelOnly(string policies, string expected) =>
        Say(new PeerAuthenticationResolver(Read(policies)).ResolveWorkload("istio-system", s_ledger)).ShouldBe(expected);

    [Fact]
    public void Resolve_OtherRootNamespace_IsTheMeshLevel()
    {
        var policies = Read("mesh-root/default STRICT; istio-system/default DISABLE");
        Say(new PeerAuthenticationResolver(policies, "mesh-root").ResolveWorkload("pay", s_ledger)).ShouldBe("STRICT mesh-root/default");
    }

    [Theory]
    [InlineData("pay/default STRICT", "STRICT pay/default")]
    [InlineData("pay/default DISABLE", "PERMISSIVE pay/default")]
    [InlineData("istio-system/default STRICT; pay/w[app=ledger] DISABLE", "PERMISSIVE pay/w")]
    [InlineData("pay/w[app=ledger] STRICT 8080=DISABLE", "STRICT pay/w; 8080=PERMISSIVE pay/w")]
    [InlineData("pay/w[app=ledger] STRICT 8080=PERMISSIVE", "STRICT pay/w; 8080=PERMISSIVE pay/w")]
    [InlineData("pay/w[app=ledger] PERMISSIVE 8080=STRICT", "PERMISSIVE pay/w; 8080=STRICT pay/w")]
    [InlineData("pay/w[app=ledger] DISABLE 8080=UNSET", "PERMISSIVE pay/w; 8080=PERMISSIVE pay/w")]
    [InlineData("pay/default STRICT; pay/w[app=ledger] UNSET 8080=DISABLE", "STRICT pay/default; 8080=STRICT pay/default")]
    [InlineData("istio-system/default STRICT; pay/w[app=ledger] 8080=DISABLE", "STRICT istio-system/default; 8080=STRICT istio-system/default")]
    [InlineData("pay/default STRICT; pay/w[app=ledger] UNSET 8080=DISABLE 9090=PERMISSIVE", "STRICT pay/default; 8080=PERMISSIVE pay/w; 9090=PERMISSIVE pay/w")]
    [InlineData("pay/default PERMISSIVE; pay/w[app=ledger] UNSET 8080=DISABLE", "PERMISSIVE pay/default; 8080=PERMISSIVE pay/w")]
    public void Resolve_Ambient_HasNoDisable(string policies, string expected) =>
        Say(new PeerAuthenticationResolver(Read(policies)).ResolveWorkload("pay", s_ledger, ambient: true)).ShouldBe(expected);

    [Theory]
    [InlineData("pay/default DISABLE", "ambient does not support")]
    [InlineData("pay/a STRICT @1; pay/b DISABLE @2", "PeerAuthentication pay/b (namespace-wide) has no effect: pay/a is older")]
    [InlineData("istio-system/a STRICT @1; istio-system/b DISABLE @2", "PeerAuthentication istio-system/b (mesh-wide) has no effect: istio-system/a is older")]
    [InlineData("pay/a[app=ledger] STRICT @1; pay/b[version=v1] DISABLE @2", "PeerAuthentication pay/b (selecting this workload) has no effect: pay/a is older")]
    [InlineData("istio-system/w[app=ledger] STRICT", "PeerAuthentication istio-system/w has a selector and lives in the root namespace")]
    [InlineData("pay/default STRICT 8080=DISABLE", "PeerAuthentication pay/default sets modes for ports but has no selector")]
    [InlineData("pay/default strict", "none of STRICT, PERMISSIVE, DISABLE and UNSET")]
    [InlineData("pay/w[app=ledger] STRICT http=DISABLE", "a key of portLevelMtls is not a port number")]
    public void Resolve_WhatHasNoEffect_IsSaid(string policies, string expected) =>
        string.Join('\n', new PeerAuthenticationResolver(Read(policies)).ResolveWorkload("pay", s_ledger, ambient: true).Notes).ShouldContain(expected);

    [Fact]
    public void Resolve_PoliciesOfOthers_AreNotMentioned() =>
        new PeerAuthenticationResolver(Read("pay/a[app=web] STRICT; pay/b[app=web] DISABLE; istio-system/c[app=web] STRICT; web/d STRICT; web/e DISABLE"))
            .ResolveWorkload("pay", s_ledger).Notes.ShouldBeEmpty();

    [Fact]
    public void ResolveNamespace_IgnoresSelectors() =>
        Say(new PeerAuthenticationResolver(Read("pay/default PERMISSIVE; pay/w[app=ledger] STRICT")).ResolveNamespace("pay")).ShouldBe("PERMISSIVE pay/default");

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"mtls":null,"selector":null,"portLevelMtls":null}""")]
    [InlineData("""{"mtls":"STRICT"}""")]
    [InlineData("""{"mtls":{"mode":null}}""")]
    [InlineData("""{"mtls":{"mode":3}}""")]
    [InlineData("""{"mtls":{"mode":["STRICT"]}}""")]
    [InlineData("""{"portLevelMtls":[{"mode":"STRICT"}]}""")]
    [InlineData("""{"portLevelMtls":{"80":"STRICT","81":null}}""")]
    [InlineData("""{"mtls":{"mode":"\ud800"}}""")]
    public void Parse_WrongShapes_LeaveTheDefault(string spec) =>
        PeerAuthenticationResolver.Of([Given.Object("PeerAuthentication", "a", spec, "pay")]).ResolveWorkload("pay", s_ledger).Mode.ShouldBe(PeerMode.Permissive);

    [Theory]
    [InlineData("""{"selector":{"matchLabels":{"app":7}},"mtls":{"mode":"STRICT"}}""")]
    [InlineData("""{"selector":{"matchLabels":["app"]},"mtls":{"mode":"STRICT"}}""")]
    [InlineData("""{"selector":{"matchLabels":"app=ledger"},"mtls":{"mode":"STRICT"}}""")]
    public void Parse_SelectorThatCannotBeRead_DoesNotBecomeNamespaceWide(string spec)
    {
        var decision = PeerAuthenticationResolver.Of([Given.Object("PeerAuthentication", "a", spec, "pay")]).ResolveWorkload("pay", s_ledger);
        decision.DecidedBy.ShouldBeNull();
        decision.Notes.ShouldContain(n => n.Contains("its selector cannot be read"));
    }

    [Theory]
    [InlineData("""{"selector":{},"mtls":{"mode":"STRICT"}}""")]
    [InlineData("""{"selector":{"matchLabels":{}},"mtls":{"mode":"STRICT"}}""")]
    [InlineData("""{"selector":{"matchLabels":null},"mtls":{"mode":"STRICT"}}""")]
    public void Parse_EmptySelector_IsNamespaceWide(string spec) =>
        Say(PeerAuthenticationResolver.Of([Given.Object("PeerAuthentication", "a", spec, "pay")]).ResolveNamespace("pay")).ShouldBe("STRICT pay/a");

    [Fact]
    public void Resolve_AnyPolicies_OrderOfTheListDoesNotMatter()
    {
        var policy =
            from ns in Gen.Elements("pay", "istio-system", "web")
            from name in Gen.Elements("a", "b", "c", "d")
            from selector in Gen.Elements("", "[app=ledger]", "[version=v1]", "[app=web]")
            from mode in Gen.Elements("", "STRICT", "PERMISSIVE", "DISABLE", "UNSET")
            from port in Gen.Elements("", "8080=STRICT", "8080=UNSET", "9090=DISABLE")
            from age in Gen.Choose(1, 3)
            select $"{ns}/{name}{selector} {mode} {port} @{age}";
        var lists = Gen.ListOf(policy).Select(l => l.DistinctBy(p => p.Split('[', ' ')[0]).ToArray());
        Prop.ForAll(lists.ToArbitrary(), list =>
        {
            var one = new PeerAuthenticationResolver(Read(string.Join(';', list))).ResolveWorkload("pay", s_ledger);
            var other = new PeerAuthenticationResolver(Read(string.Join(';', list.Reverse()))).ResolveWorkload("pay", s_ledger);
            return Say(one) == Say(other) && one.Notes.SequenceEqual(other.Notes) && one.Mode != PeerMode.Unset && one.Ports.All(p => p.Mode != PeerMode.Unset);
        }).QuickCheckThrowOnFailure();
    }

    private static readonly ImmutableSortedDictionary<string, string> s_ledger = Given.Labels("app=ledger", "version=v1", "pod=x");

    private static IEnumerable<PeerAuthentication> Read(string policies) =>
        policies.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(text =>
        {
            var match = Policy().Match(text);
            match.Success.ShouldBeTrue(text);
            var spec = new List<string>();
            if (match.Groups["selector"].Success)
            {
                var labels = match.Groups["selector"].Value.Split(',').Select(l => l.Split('=')).Select(l => $"\"{l[0]}\":\"{l[1]}\"");
                spec.Add($"\"selector\":{{\"matchLabels\":{{{string.Join(',', labels)}}}}}");
            }

            var ports = new List<string>();
            foreach (var word in match.Groups["rest"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.Split('=') is [var port, var mode])
                {
                    ports.Add($"\"{port}\":{(mode == "null" ? "null" : $"{{\"mode\":\"{mode}\"}}")}");
                }
                else
                {
                    spec.Add($"\"mtls\":{{\"mode\":\"{word}\"}}");
                }
            }

            if (ports.Count > 0)
            {
                spec.Add($"\"portLevelMtls\":{{{string.Join(',', ports)}}}");
            }

            var age = match.Groups["age"].Success ? int.Parse(match.Groups["age"].Value, CultureInfo.InvariantCulture) : 5;
            MeshObject policy = Given.Object("PeerAuthentication", match.Groups["name"].Value, $"{{{string.Join(',', spec)}}}", match.Groups["ns"].Value, createdAt: Given.Now.AddMinutes(age));
            return PeerAuthentication.Parse(policy);
        });

    private static string Say(PeerDecision decision) =>
        string.Join("; ", decision.Ports.Select(p => $"{p.Port}={Word(p.Mode)} {By(p.DecidedBy)}").Prepend($"{Word(decision.Mode)} {By(decision.DecidedBy)}"));

    private static string Word(PeerMode mode) => mode.ToString().ToUpperInvariant();

    private static string By(ObjectReference? reference) => reference is null ? "-" : $"{reference.Namespace}/{reference.Name}";

    [GeneratedRegex(@"^(?<ns>[^/]+)/(?<name>[^\[ ]+)(\[(?<selector>[^\]]*)\])?(?<rest>[^@]*)(@(?<age>\d+))?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Policy();
}
