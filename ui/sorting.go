package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"
)

// reverse turns the order of the list that is shown around.
func (m *Model) reverse() tea.Cmd {
	if m.at().kind == atProcesses {
		m.groupBy.descending = !m.groupBy.descending
	} else {
		m.sort.descending = !m.sort.descending
	}
	return m.rearrange()
}

// sortBeside sorts by the column steps to the right of the present one, among
// the chosen columns; after the last comes the first.
func (m *Model) sortBeside(steps int) tea.Cmd {
	if m.at().kind == atProcesses {
		columns := groupColumns()
		i := slices.IndexFunc(columns, func(c groupColumn) bool { return c.Key == m.groupBy.key })
		m.groupBy.key = columns[around(i, steps, len(columns))].Key
		return m.rearrange()
	}
	columns := m.chosenColumns()
	i := slices.IndexFunc(columns, func(c column) bool { return c.key == m.sort.key })
	m.sort.key = columns[around(i, steps, len(columns))].key
	return m.rearrange()
}

// around is i moved by steps on a ring of n places. What is not on the ring (-1)
// begins at its ends.
func around(i, steps, n int) int {
	if i < 0 && steps < 0 {
		i = 0
	}
	return ((i+steps)%n + n) % n
}
