package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// View draws the screen: exactly height lines of width columns. Its cost does
// not depend on how many connections there are.
func (m *Model) View() string {
	if m.quitting || m.width == 0 {
		return ""
	}
	if m.width < leastWidth || m.height < leastHeight {
		return fmt.Sprintf("katop needs %d×%d", leastWidth, leastHeight)
	}
	notice := m.noticeLine()
	page := m.helping || m.at().kind == atConnection
	l := layOut(m.height, !page, m.filter.open || !m.filter.valid.Empty(), notice != "")
	body := m.body(l.body) // first: it tells whether a page goes on below
	lines := append(m.header(l.header), m.tabs())
	if l.filter > 0 {
		lines = append(lines, m.filterLineView())
	}
	below := []string{m.footLine()}
	if l.notice > 0 {
		below = []string{notice, below[0]}
	}
	for _, part := range [][]string{lines, below} {
		for i := range part {
			part[i] = fitLine(part[i], m.width, m.theme.Symbols.Ellipsis)
		}
	}
	lines = slices.Concat(lines, body, below)
	screen := strings.Join(lines, "\n")
	if m.theme.Symbols.ASCII {
		screen = asciiSigns.Replace(screen)
	}
	return screen
}

// asciiSigns are the signs within texts that do not come from the theme, each
// for one as wide.
var asciiSigns = strings.NewReplacer("→", ">", "↑", "^", "↓", "v", "×", "x", "µ", "u")

// tabs shows the views, and the way to the present place.
func (m *Model) tabs() string {
	t := m.theme
	way, note := m.way(), m.tabsNote()
	tabs := m.viewTabs(true)
	if ansi.StringWidth(tabs+way+note) > m.width {
		tabs = m.viewTabs(false)
	}
	return fitLine(tabs+way, m.width-ansi.StringWidth(note), t.Symbols.Ellipsis) + note
}

// viewTabs are the views; where room is short, those that one is not in have
// their number alone.
func (m *Model) viewTabs(named bool) string {
	t := m.theme
	var b strings.Builder
	for i, v := range views() {
		here := v.kind == m.trail[0].kind
		label := " " + strconv.Itoa(i+1) + " "
		if named || here {
			label += v.title() + " "
		}
		if here {
			b.WriteString(t.Style(theme.Accent).Reverse(true).Render(label))
		} else {
			b.WriteString(t.Draw(theme.Muted, label))
		}
	}
	b.WriteByte(' ')
	return b.String()
}

// maxCrumb is the width of one place in the breadcrumb at most.
const maxCrumb = 44

// way is how one came from the view to the present place.
func (m *Model) way() string {
	t := m.theme
	var b strings.Builder
	for i, p := range m.trail[1:] {
		role := theme.Breadcrumb
		if i == len(m.trail)-2 {
			role = theme.Title
		}
		b.WriteString(t.Draw(theme.Muted, t.Symbols.Separator+" ") + t.Draw(role, ansi.Truncate(p.title(), maxCrumb, t.Symbols.Ellipsis)) + " ")
	}
	if m.helping {
		b.WriteString(t.Draw(theme.Muted, t.Symbols.Separator+" ") + t.Draw(theme.Title, "Help"))
	}
	return b.String()
}

// tabsNote says at the right of the tabs what is marked, or that a page goes on
// below.
func (m *Model) tabsNote() string {
	t := m.theme
	if m.helping || m.at().kind == atConnection {
		if m.page.AtBottom() {
			return ""
		}
		return t.Draw(theme.Muted, "goes on below ")
	}
	if n := m.connections.Marks(); n > 0 {
		return t.Draw(theme.Mark, t.Symbol(theme.Mark)+" "+conn.Whole(n)+" marked ")
	}
	return ""
}

func (m *Model) filterLineView() string {
	matched, total := 0, 0
	if m.listing != nil {
		matched, total = m.listing.matched, m.listing.total
	}
	return m.filter.view(m.theme, m.width, matched, total)
}

// body draws what the present place shows: height lines of the screen's width.
func (m *Model) body(height int) []string {
	cut := m.theme.Symbols.Ellipsis
	switch {
	case m.action != nil:
		return fitBlock(m.actionView(height), m.width, height, cut)
	case m.journal != nil:
		return fitBlock(m.journalView(height), m.width, height, cut)
	case m.helping:
		return m.scrolled(m.helpPage(), height)
	case m.chooser != nil:
		return fitBlock(m.chooser.view(m.theme, m.columns, m.width, height), m.width, height, cut)
	case m.listing == nil:
		return fitBlock("", m.width, height, cut)
	}
	if l := m.lists.at(m.at().kind); l != nil {
		return m.listView(l, height)
	}
	switch m.at().kind {
	case atConnection:
		return m.scrolled(m.connectionPage(), height)
	case atProcess:
		card := m.processCard(height)
		m.connections.SetSize(m.width, max(2, height-len(card)))
		card = fitBlock(strings.Join(card, "\n"), m.width, len(card), cut)
		return firstLines(append(card, strings.Split(m.connections.View(), "\n")...), height)
	}
	m.connections.SetSize(m.width, height)
	return firstLines(strings.Split(m.connections.View(), "\n"), height)
}

// listView draws one of the other lists with what belongs to it. Before the
// answer is in, there is nothing to say about what there is.
func (m *Model) listView(l anyList, height int) []string {
	kind := m.at().kind
	switch {
	case m.listing.question.at != kind && l.Len() == 0:
		return fitBlock(m.underWay(), m.width, height, m.theme.Symbols.Ellipsis)
	case kind == atListeners:
		return m.withCard(m.listenerCard(), l, height)
	case kind == atTimeWait:
		return m.withCard(m.timeWaitCard(), l, height)
	case kind == atEvents:
		return m.withCard(m.eventCard(), l, height)
	case kind == atAdvice:
		return m.adviceView(height)
	}
	return m.withCard(nil, l, height)
}

// underWay stands for what is being worked out, where that takes so long that
// one may wonder.
func (m *Model) underWay() string {
	const many = 20_000
	if len(m.listing.intake.snapshot.Connections) < many {
		return ""
	}
	return m.theme.Draw(theme.Muted, " working it out")
}

// scrolled shows the part of a page that fits.
func (m *Model) scrolled(page string, height int) []string {
	m.page.Width, m.page.Height = m.width, height
	m.page.SetContent(page)
	return fitBlock(m.page.View(), m.width, height, m.theme.Symbols.Ellipsis)
}

// noticeLine says, of what there is to say, the most urgent: that polling
// fails, an answer to the last key, or what is hidden.
func (m *Model) noticeLine() string {
	t := m.theme
	switch {
	case m.pollError != nil:
		return t.Draw(theme.Error, " "+t.Symbol(theme.Error)+" "+conn.Printable(m.pollError.Error()))
	case m.notice.text != "" && m.clock().Before(m.notice.until):
		return t.Draw(m.notice.role, " "+m.notice.text)
	case m.listing == nil:
		return ""
	}
	in := m.listing.intake.snapshot
	switch {
	case in.Interrupted:
		return t.Draw(theme.Warning, " the dump was interrupted twice: a connection may be missing or stand here twice")
	case len(in.Hidden) > 0:
		// What to do comes before why: a narrow terminal cuts the end.
		h := in.Hidden[0]
		text := conn.Printable(h.What + " hidden: " + h.Need + " (" + h.Why + ")")
		if more := len(in.Hidden) - 1; more > 0 {
			text = "(" + strconv.Itoa(more) + " more in ?) " + text
		}
		return t.Draw(theme.Notice, " "+t.Symbol(theme.Notice)+" "+text)
	case in.OptionsPending > 0:
		return t.Draw(theme.Muted, " reading the keepalive options of "+conn.Whole(in.OptionsPending)+" more connections")
	}
	return ""
}

func (m *Model) footLine() string {
	m.foot.Width = m.width - 2
	line := " " + m.foot.ShortHelpView(onceEach(m.keys.on(m.stage())))
	if m.filter.open {
		line += m.theme.Draw(theme.Muted, "   fields: "+m.filter.fields())
	}
	return line
}

// onceEach leaves out the bindings that do what one before them does.
func onceEach(keys []key.Binding) []key.Binding {
	said := map[string]bool{}
	return slices.DeleteFunc(keys, func(b key.Binding) bool {
		again := said[b.Help().Desc]
		said[b.Help().Desc] = true
		return again
	})
}

func newFoot(t *theme.Theme) help.Model {
	foot := help.New()
	foot.ShortSeparator = "  "
	foot.Ellipsis = t.Symbols.Ellipsis
	foot.Styles.ShortKey = t.Style(theme.Key)
	foot.Styles.ShortDesc = t.Style(theme.Muted)
	foot.Styles.ShortSeparator = t.Style(theme.Muted)
	foot.Styles.Ellipsis = t.Style(theme.Muted)
	return foot
}
