using System.Globalization;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Mesh.Tests.Changes.Guards;

/// <summary>Instants worked out on the calendars of the zones, not by the code.</summary>
public sealed class FreezeCalendarTests
{
    // Friday 22:00 for ten hours, Berlin: UTC+1 in winter, UTC+2 in summer.
    private static readonly FreezeWindow s_night = new("weekend night", "0 22 * * 5", TimeSpan.FromHours(10), "Europe/Berlin", []);

    [Theory]
    [InlineData("2026-01-09T20:59:59Z", false, "2026-01-09T21:00:00Z")]
    [InlineData("2026-01-09T21:00:00Z", true, "2026-01-10T07:00:00Z")]
    [InlineData("2026-01-10T06:59:59Z", true, "2026-01-10T07:00:00Z")]
    [InlineData("2026-01-10T07:00:00Z", false, "2026-01-16T21:00:00Z")]
    [InlineData("2026-07-10T19:59:59Z", false, "2026-07-10T20:00:00Z")]
    [InlineData("2026-07-10T20:00:00Z", true, "2026-07-11T06:00:00Z")]
    public void Window_IsOnTheClockOfItsZone(string at, bool frozen, string changes) => Check([s_night], at, frozen, changes);

    [Theory]
    // Clocks go forward on Sunday 2026-03-29 at 02:00 (01:00Z): Saturday 22:00 (21:00Z) to 08:00 summer time (06:00Z), nine hours.
    [InlineData("2026-03-29T05:59:59Z", true, "2026-03-29T06:00:00Z")]
    [InlineData("2026-03-29T06:00:00Z", false, null)]
    // Clocks go back on Sunday 2026-10-25 at 03:00 (01:00Z): Saturday 22:00 (20:00Z) to 08:00 winter time (07:00Z), eleven hours.
    [InlineData("2026-10-25T06:59:59Z", true, "2026-10-25T07:00:00Z")]
    [InlineData("2026-10-25T07:00:00Z", false, null)]
    public void NightOfAClockChange_EndsWhereTheClockSays(string at, bool frozen, string? changes) =>
        Check([s_night with { Schedule = "0 22 * * 6" }], at, frozen, changes);

    [Fact]
    public void EndThatIsSkipped_IsWhereClocksGoForward_AndOneThatComesTwiceIsTheLater()
    {
        // 22:00 plus 4.5 hours is 02:30: skipped in spring (then 03:00 summer time, 01:00Z), twice in autumn (the later is 01:30Z).
        var window = s_night with { Schedule = "0 22 * * 6", Duration = TimeSpan.FromHours(4.5) };

        Check([window], "2026-03-29T00:59:59Z", true, "2026-03-29T01:00:00Z");
        Check([window], "2026-10-25T01:29:59Z", true, "2026-10-25T01:30:00Z");
    }

    [Fact]
    public void AllowingWindows_FreezeAllOtherTime_AndDenyingOnesBeatThem()
    {
        var office = new FreezeWindow("office hours", "0 9 * * 1-5", TimeSpan.FromHours(8), "UTC", [], Allow: true);
        var lunch = new FreezeWindow("lunch", "0 12 * * *", TimeSpan.FromHours(1), "UTC", []);

        Check([office, lunch], "2026-03-02T08:59:59Z", true, "2026-03-02T09:00:00Z");
        Check([office, lunch], "2026-03-02T09:00:00Z", false, "2026-03-02T12:00:00Z");
        Check([office, lunch], "2026-03-02T12:30:00Z", true, "2026-03-02T13:00:00Z");
        Check([office, lunch], "2026-03-06T17:00:00Z", true, "2026-03-09T09:00:00Z");
    }

    [Fact]
    public void WindowOfOtherNamespaces_FreezesNothingHere()
    {
        var window = s_night with { Namespaces = ["ledger"] };

        FreezeCalendar.At([window], "payments", Instant("2026-01-09T22:00:00Z")).Frozen.ShouldBeFalse();
        FreezeCalendar.At([window], "ledger", Instant("2026-01-09T22:00:00Z")).Frozen.ShouldBeTrue();
        FreezeCalendar.At(default, "ledger", Instant("2026-01-09T22:00:00Z")).Frozen.ShouldBeFalse();
    }

    [Fact]
    public void WindowsThatTouch_AreOneFreeze()
    {
        var hourly = new FreezeWindow("always", "0 * * * *", TimeSpan.FromHours(1), "UTC", []);

        FreezeCalendar.At([hourly], "payments", Instant("2026-03-02T12:59:59Z")).Frozen.ShouldBeTrue();
        FreezeCalendar.At([hourly], "payments", Instant("2026-03-02T13:00:00Z")).Frozen.ShouldBeTrue();
    }

    private static void Check(FreezeWindow[] windows, string at, bool frozen, string? changes)
    {
        var state = FreezeCalendar.At([.. windows], "payments", Instant(at));

        state.Frozen.ShouldBe(frozen);
        if (changes is not null)
        {
            state.ChangesAt.ShouldBe(Instant(changes));
        }

        (state.Reason is not null).ShouldBe(frozen);
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
