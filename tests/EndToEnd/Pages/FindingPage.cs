using Microsoft.Playwright;

namespace OrphanBoard.EndToEnd.Pages;

/// <summary>The page of one episode, as a reader sees it.</summary>
internal sealed class FindingPage(IPage page)
{
    public ILocator Title => page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    public ILocator Sentences => page.Locator("ol.hops > li");

    public ILocator Culprit => page.Locator(".culprit").First;

    public ILocator Ended => page.GetByText("It ended");

    private ILocator Descriptors => page.Locator("section", new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = "File descriptors" }) });

    /// <summary>The fd table of the process of that name: number, end and object as they stand on the page.</summary>
    public async Task<FdRow[]> FdTableAsync(string process)
    {
        ILocator table = Descriptors.Locator(".tables > div", new() { HasText = process }).Locator("table").First;
        string[] headings = [.. (await table.Locator("thead th").AllInnerTextsAsync()).Select(text => text.Trim().ToLowerInvariant())];
        List<FdRow> rows = [];
        foreach (ILocator row in await table.Locator("tbody tr").AllAsync())
        {
            string[] cells = [.. (await row.Locator("td").AllInnerTextsAsync()).Select(text => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))];
            // Whether there is room between the letter and the name depends on whether the style sheet is there yet.
            rows.Add(new FdRow(int.Parse(Cell("fd")), Cell("end"), Cell("object").Replace(" ", "", StringComparison.Ordinal), string.Join(" | ", cells)));

            string Cell(string heading) => cells[Array.IndexOf(headings, heading)];
        }
        return [.. rows];
    }
}

/// <param name="Fd">Number.</param>
/// <param name="End"><c>READ</c> or <c>WRITE</c>.</param>
/// <param name="Object">Letter and inode of the pipe.</param>
/// <param name="Text">The whole row.</param>
internal sealed record FdRow(int Fd, string End, string Object, string Text);
