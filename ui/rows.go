package ui

import (
	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// connectionRows shows a listing in a table.
type connectionRows struct {
	listing *Listing
	columns []column // those that are chosen; the table drops what does not fit
	theme   *theme.Theme
}

// severityKey is the column of the severity's symbol, which always comes first.
const severityKey = "severity"

func (r connectionRows) Len() int { return len(r.listing.rows) }

func (r connectionRows) ID(i int) conn.ID {
	c, _ := r.listing.row(i)
	return c.ID()
}

func (r connectionRows) Row(i int, columns []table.Column, row *table.Row) {
	c, gone := r.listing.row(i)
	th := r.listing.question.thresholds
	ctx := rowContext{thresholds: th, judgement: conn.Judge(c, &th), inferred: r.theme.Symbols.Inferred}
	row.Gone = gone
	next := 0
	for _, shown := range columns {
		if shown.Key == severityKey {
			row.Add(r.severity(ctx.judgement, gone))
			continue
		}
		// Both lists have the same order.
		for r.columns[next].name() != shown.Key {
			next++
		}
		text, role := r.columns[next].content(&ctx, c)
		row.Add(role, text)
	}
}

func (r connectionRows) severity(j conn.Judgement, gone bool) (theme.Role, string) {
	if gone {
		return theme.Faint, r.theme.Symbols.Gone
	}
	role := severityRole(j.Severity)
	return role, r.theme.Symbol(role)
}

// chosenColumns is the columns that the user wants to see. In the list of one
// process its name would only repeat itself, and so would the only namespace.
func (m *Model) chosenColumns() []column {
	var chosen []column
	several := m.listing != nil && m.listing.intake.several
	for _, c := range m.columns {
		repeats := c.key == conn.SortProcess && m.at().kind == atProcess || c.plural && !c.asked && !several
		if c.chosen && !repeats {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// columnsFor is the chosen columns in the shape for a width.
func (m *Model) columnsFor(width int) []column {
	var fitting []column
	for _, c := range m.chosenColumns() {
		switch {
		case c.key == conn.SortRemote && width < roomForAddresses:
			c.content = listenerCell
			fitting = append(fitting, c)
		case c.key == conn.SortLocal && width < roomForAddresses:
			fitting = append(fitting, portColumn())
		default:
			fitting = append(fitting, c)
		}
	}
	return fitting
}

// roomForAddresses is the width from which on the local address is shown whole;
// below it its port alone, which is what tells the connections of a server apart.
const roomForAddresses = 110

// rankOf is how soon a column goes where room is short. What the user asked
// for, by choosing it or by sorting by it, goes last.
func (m *Model) rankOf(c *column) int {
	switch {
	case c.evidence:
		return c.rank
	case c.key == m.sort.key:
		return 0
	case c.asked:
		return 2
	}
	return c.rank
}

// fitColumns gives the table its columns; those of addresses are as wide as the
// longest that is listed.
func (m *Model) fitColumns() {
	columns := []table.Column{{Key: severityKey, Min: 1, Ideal: 1, Max: 1}}
	for _, c := range m.columnsFor(m.width) {
		t := table.Column{
			Key: c.name(), Title: c.title, Priority: m.rankOf(&c), Whole: c.whole,
			Min: c.widths.least, Ideal: c.widths.wanted, Max: c.widths.greatest,
		}
		if c.key == conn.SortProcess {
			t.KeepAfter = '/'
		}
		if c.right {
			t.Align = table.Right
		}
		if c.widths.greatest > 0 {
			t.Flex = 1
		}
		if c.key == m.sort.key && !c.evidence {
			// The sign of the order stands beside the title.
			t.Min, t.Ideal = max(t.Min, len(c.title)+1), max(t.Ideal, len(c.title)+1)
		}
		if c.whole && m.listing != nil {
			t.Ideal = max(t.Ideal, m.listing.widest(c.key, m.width < roomForAddresses))
		}
		columns = append(columns, t)
	}
	m.connections.SetColumns(columns)
}
