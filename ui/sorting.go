package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// reverse turns the order of the list that is shown around.
func (m *Model) reverse() tea.Cmd {
	if l := m.lists.at(m.at().kind); l != nil {
		l.reverse()
	} else {
		m.sort.descending = !m.sort.descending
		m.showOrder()
	}
	return m.rearrange()
}

// sortBeside sorts by the column steps to the right of the present one, among
// the chosen columns; after the last comes the first.
func (m *Model) sortBeside(steps int) tea.Cmd {
	if l := m.lists.at(m.at().kind); l != nil {
		l.sortBeside(steps)
		return m.rearrange()
	}
	keys := m.shownKeys()
	if len(keys) == 0 {
		return nil
	}
	m.sort.key = keys[around(slices.Index(keys, m.sort.key), steps, len(keys))]
	m.showOrder()
	return m.rearrange()
}

// showOrder marks the column that the connections are sorted by: at once, but
// with the arrow only when the rows stand in that order.
func (m *Model) showOrder() {
	if m.listing != nil && m.listing.question.sort != m.sort {
		m.connections.SetSorting(m.sort.key.String())
		return
	}
	m.connections.SetSort(m.sort.key.String(), m.sort.descending)
}

// shownKeys is what can be sorted by: the columns on the screen.
func (m *Model) shownKeys() []conn.SortKey {
	var keys []conn.SortKey
	for _, name := range m.connections.ShownKeys() {
		if key, err := conn.ParseSortKey(name); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// around is i moved by steps on a ring of n places. What is not on the ring (-1)
// begins at its ends.
func around(i, steps, n int) int {
	if i < 0 && steps < 0 {
		i = 0
	}
	return ((i+steps)%n + n) % n
}
