package ui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// findingID tells findings apart from refresh to refresh: the figures of one
// change, what it is about does not.
type findingID struct {
	kind   conn.FindingKind
	filter string
}

func idOfFinding(f *conn.Finding) findingID { return findingID{f.Kind, f.Filter} }

type findingList = list[conn.Finding, findingID]

func newFindingList(t *theme.Theme) *findingList {
	return newList(t, findingColumns(), idOfFinding, severityKey, true, "nothing to advise: no fault is in sight")
}

func findingColumns() []listColumn[conn.Finding] {
	return []listColumn[conn.Finding]{
		severityColumn(func(f *conn.Finding) theme.Role { return severityRole(f.Severity) }),
		{
			table.Column{Key: "finding", Title: "FINDING", Min: 20, Ideal: 60, Flex: 1},
			func(f *conn.Finding) (string, theme.Role) { return conn.Printable(f.Title), severityRole(f.Severity) },
			func(a, b *conn.Finding) int { return cmp.Compare(a.Title, b.Title) },
			nil,
		},
		countColumn("connections", "CONNS", 1, theme.Text, func(f *conn.Finding) int { return len(f.Members) }),
	}
}

// listFindings lists those that have one of the rows among their members, and
// those without members if there is no filter.
func listFindings(in *intake, rows []int32, q *question) ordered[conn.Finding] {
	matched := make([]bool, len(in.snapshot.Connections))
	for _, row := range rows {
		matched[row] = true
	}
	shown := slices.DeleteFunc(slices.Clone(in.findings()), func(f conn.Finding) bool {
		return !q.filter.Empty() && !slices.ContainsFunc(f.Members, func(row int32) bool { return matched[row] })
	})
	return q.findings.arrange(shown)
}

// adviceView draws the findings, and below them the text of the one under the
// cursor.
func (m *Model) adviceView(height int) []string {
	cut := m.theme.Symbols.Ellipsis
	finding, ok := m.findings.chosen()
	if !ok {
		m.findings.SetSize(m.width, height)
		return fitBlock(m.findings.View(), m.width, height, cut)
	}
	rows := min(m.findings.Len()+1, max(2, height*2/5))
	m.findings.SetSize(m.width, rows)
	lines := fitBlock(m.findings.View(), m.width, rows, cut)
	text := m.scrolled(m.findingText(finding), max(0, height-rows-1))
	hint := ""
	if !m.page.AtBottom() {
		hint = " " + m.keys.PageDown.Help().Key + " goes on below "
	}
	rule := strings.Repeat(m.theme.Symbols.Rule, max(0, m.width-len(hint)))
	lines = append(lines, m.theme.Draw(theme.Rule, rule)+m.theme.Draw(theme.Muted, hint))
	return append(lines, text...)[:height]
}

// findingText is what can be done about a finding: the advice, the names of the
// remedies, and the text of the one that is picked.
func (m *Model) findingText(f *conn.Finding) string {
	t := m.theme
	width := max(1, m.width-2)
	wrapped := lipgloss.NewStyle().Width(width)
	parts := []string{wrapped.Render(conn.Printable(f.Title)), wrapped.Render(t.Style(theme.Muted).Render(conn.Printable(f.Advice)))}
	if len(f.Remedies) > 0 {
		names := make([]string, len(f.Remedies))
		for i := range f.Remedies {
			names[i] = t.Draw(theme.Muted, conn.Printable(f.Remedies[i].Name))
		}
		picked := m.remedyOf(f)
		names[picked] = t.Style(theme.Accent).Reverse(true).Render(conn.Printable(f.Remedies[picked].Name))
		parts = append(parts, "")
		for _, line := range wrapParts(names, width) {
			parts = append(parts, strings.TrimPrefix(line, " "))
		}
		parts = append(parts, "")
		for _, line := range remedyLines(&f.Remedies[picked]) {
			parts = append(parts, t.Draw(theme.Text, line))
		}
	}
	return lipgloss.NewStyle().PaddingLeft(1).Render(strings.Join(parts, "\n"))
}

// remedyLines is the text of a remedy, harmless for a terminal: what is copied
// is what is shown.
func remedyLines(r *conn.Remedy) []string {
	lines := strings.Split(strings.TrimRight(r.Text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = conn.Printable(strings.ReplaceAll(line, "\t", "    "))
	}
	return lines
}

// remedyOf is the remedy that is picked of a finding: the first, until one has
// gone on to another.
func (m *Model) remedyOf(f *conn.Finding) int {
	if m.remedy.of != idOfFinding(f) {
		return 0
	}
	return m.remedy.n % max(1, len(f.Remedies))
}

// nextRemedy goes on to the next remedy of the finding under the cursor.
func (m *Model) nextRemedy() {
	if f, ok := m.findings.chosen(); ok {
		m.remedy = remedy{of: idOfFinding(f), n: m.remedyOf(f) + 1}
	}
}

// remedy is which of the remedies of a finding is picked.
type remedy struct {
	of findingID
	n  int
}

// copyRemedy copies the text of the remedy that is picked.
func (m *Model) copyRemedy() tea.Cmd {
	f, ok := m.findings.chosen()
	if !ok || len(f.Remedies) == 0 {
		return m.say(theme.Warning, "there is no remedy here to copy")
	}
	r := &f.Remedies[m.remedyOf(f)]
	return m.copiedAs(strings.Join(remedyLines(r), "\n"), "remedy sent to the clipboard: "+conn.Printable(r.Name))
}

// pressAdvice handles the keys that scroll the text below the findings: those
// for pages.
func (m *Model) pressAdvice(msg tea.KeyMsg) bool {
	k := &m.keys
	if !key.Matches(msg, k.PageUp, k.PageDown, k.HalfUp, k.HalfDown) {
		return false
	}
	m.scrollPage(msg)
	return true
}
