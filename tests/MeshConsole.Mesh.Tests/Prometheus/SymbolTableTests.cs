using System.Text;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Tests.Prometheus;

public sealed class SymbolTableTests
{
    [Fact]
    public void Intern_ManyTexts_GivesEachItsOwnSymbol()
    {
        var table = new SymbolTable();
        var texts = Enumerable.Range(0, 20_000).Select(i => new string((char)('a' + (i % 26)), i % 40) + i).ToList();

        var symbols = texts.Select(table.Intern).ToList();

        symbols.Distinct().Count().ShouldBe(texts.Count);
        texts.Select(table.Intern).ShouldBe(symbols);
        symbols.Select(symbol => table[symbol]).ShouldBe(texts);
        table.Count.ShouldBe(texts.Count + 1);
    }

    [Fact]
    public void Intern_Empty_IsNone()
    {
        var table = new SymbolTable();

        table.Intern("").ShouldBe(SymbolTable.None);
        table[SymbolTable.None].ShouldBe("");
    }

    [Fact]
    public void Intern_SameBytes_GivesTheSameString()
    {
        var table = new SymbolTable();

        ReferenceEquals(table[table.Intern(Encoding.UTF8.GetBytes("ledger"))], table[table.Intern("ledger")]).ShouldBeTrue();
    }

    [Fact]
    public void Map_OfAnotherTable_KeepsTheText()
    {
        var old = new SymbolTable();
        var symbols = Enumerable.Range(0, 100).Select(i => old.Intern($"w{i}")).ToList();
        var fresh = new SymbolTable();
        fresh.Intern("something");
        var map = new SymbolMap(old, fresh);

        symbols.Select(symbol => fresh[map[symbol]]).ShouldBe(symbols.Select(symbol => old[symbol]));
        map[SymbolTable.None].ShouldBe(SymbolTable.None);
    }

    [Fact]
    public void Text_OfAnUnknownSymbol_IsRefused() => Should.Throw<ArgumentOutOfRangeException>(() => new SymbolTable().Utf8(5).Length);
}
