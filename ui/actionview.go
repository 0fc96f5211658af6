package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/textinput"
	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// actionView draws the action that is in front.
func (m *Model) actionView(height int) string {
	a := m.action
	if a.gathering {
		return " " + m.theme.Draw(theme.Title, a.kind.String()) + m.theme.Draw(theme.Muted, "   gathering the connections")
	}
	switch a.phase {
	case phaseForm:
		return strings.Join(m.formLines(a), "\n")
	case phaseConfirm:
		return strings.Join(m.confirmLines(a, height), "\n")
	case phaseRunning:
		return strings.Join(m.runningLines(a), "\n")
	}
	return strings.Join(m.reportLines(a, height), "\n")
}

// whom says in a few words which connections an action is for.
func (a *action) whom() string {
	n := len(a.targets)
	switch {
	case n == 1:
		return subjectText(&a.targets[0])
	case a.kind == conn.ActionUndo:
		return conn.Whole(n) + " connections"
	case a.reach == reachMarked:
		return conn.Whole(n) + " marked connections"
	}
	return conn.Whole(n) + " connections, all that are shown but listeners and what no program holds"
}

func (m *Model) formLines(a *action) []string {
	t, f := m.theme, &a.form
	lines := []string{" " + t.Draw(theme.Title, "Keepalive of ") + t.Draw(theme.Text, a.whom()), ""}
	row := func(i int, name, value, note string) {
		sign, role := "  ", theme.Text
		if i == f.choice() {
			sign = t.Symbols.Heard + " "
		}
		if i == f.cursor {
			role = theme.Accent
		}
		lines = append(lines, " "+t.Draw(theme.Accent, sign)+t.Draw(role, pad(name, 14))+value+t.Draw(theme.Muted, note))
	}
	for i, p := range f.profiles {
		row(i, p.Name, t.Draw(theme.KeepaliveOn, pad(p.Params.String(), 12)), consequence(p.Params, 0))
	}
	if f.noKernel != "" {
		lines = append(lines, "   "+t.Draw(theme.Faint, pad("kernel", 14))+t.Draw(theme.Muted, f.noKernel))
	}
	base := len(f.profiles)
	row(base+rowOwn, "own values", m.inputView(&f.own, "30m::10", 12), "idle:interval:count; a part left out stays as it is")
	row(base+rowOn, "on", pad("", 12), "with the values that each connection has")
	row(base+rowOff, "off", pad("", 12), "a dead peer is never found while nothing is sent")
	lines = append(lines, "")
	row(base+rowTimeout, "user timeout", m.inputView(&f.timeout, "as it is", 12), "30s, 1500ms, or off; takes the place of count")
	lines = append(lines, "")
	return append(lines, m.forecastLines(a)...)
}

// inputView draws a text field, with what it may hold while it is empty.
func (m *Model) inputView(in *textinput.Model, example string, width int) string {
	t := m.theme
	value := conn.Printable(in.Value())
	switch {
	case in.Focused():
		return pad(t.Draw(theme.Text, value)+t.Style(theme.Text).Reverse(true).Render(" "), width)
	case value == "":
		return t.Draw(theme.Faint, pad(example, width))
	}
	return pad(t.Draw(theme.Text, value), width)
}

// forecastLines say what the setting would change, and what it costs.
func (m *Model) forecastLines(a *action) []string {
	t := m.theme
	s, err := a.form.setting()
	if err != nil {
		return []string{" " + t.Draw(theme.Error, conn.Printable(err.Error()))}
	}
	f := a.foresee(s)
	changes := fmt.Sprintf("%s of %s", conn.Whole(f.Changed), conn.Whole(len(a.targets)))
	for _, part := range []struct {
		n    int
		text string
	}{{f.Same, "are so already"}, {f.Unread, "not read yet"}, {f.Unreachable, "cannot be set"}} {
		if part.n > 0 {
			changes += fmt.Sprintf(", %s %s", conn.Whole(part.n), part.text)
		}
	}
	line := func(label, value string) string {
		return " " + t.Draw(theme.Muted, pad(label, 18)) + t.Draw(theme.Text, value)
	}
	return []string{
		line("would change", changes),
		line("worst detection", guardText(f.Before)+" → "+guardText(f.After)),
		line("probes when idle", probeRate(f.Before)+" → "+probeRate(f.After)),
	}
}

// foresee keeps its last answer: the question is asked with every frame, and
// there may be very many targets.
func (a *action) foresee(s conn.Setting) conn.Forecast {
	if a.foreseen.setting != s || a.foreseen.reach != a.reach || a.foreseen.targets != len(a.targets) {
		a.foreseen = foreseen{setting: s, reach: a.reach, targets: len(a.targets), forecast: s.Foresee(a.targets)}
	}
	return a.foreseen.forecast
}

// probeRate is what idle connections cost, per minute where that is little.
func probeRate(g conn.Guard) string {
	if perMinute := g.ProbesPerSecond * 60; perMinute < 60 {
		return fmt.Sprintf("%.1f/min", perMinute)
	}
	return fmt.Sprintf("%.1f/s", g.ProbesPerSecond)
}

func guardText(g conn.Guard) string {
	if g.Known == 0 {
		return unknownMark
	}
	return conn.Span(g.Worst)
}

// verb is what an action does, for its question.
func (a *action) verb() string {
	switch a.kind {
	case conn.ActionProbe:
		return "Check whether the peers live"
	case conn.ActionKill:
		return "Kill: end at once, with a reset to the peer and an error to the program"
	case conn.ActionUndo:
		return "Take back what was done " + conn.Printable(a.undoes.At.Format("2006-01-02 15:04:05"))
	}
	return "Set " + a.form.chosenSetting().String()
}

func (m *Model) confirmLines(a *action, height int) []string {
	t := m.theme
	lines := []string{" " + t.Draw(theme.Title, a.verb()+"?"), ""}
	if len(a.targets) > 1 {
		lines = append(lines[:1], " "+t.Draw(theme.Text, a.whom()), "")
	}
	if a.kind == conn.ActionKeepalive {
		lines = append(append(lines, m.forecastLines(a)...), "")
	}
	return append(lines, m.window(a, len(a.targets), height-len(lines), func(i int) string {
		c := &a.targets[i]
		return " " + t.Draw(theme.Text, subjectText(c)) + "  " + t.Draw(stateRole(c.State), c.State.Short()) +
			"  " + t.Draw(theme.Accent, m.targetText(a, i))
	})...)
}

// targetText is what would become of one target.
func (m *Model) targetText(a *action, i int) string {
	c := &a.targets[i]
	if a.kind == conn.ActionUndo {
		r := &a.undone[i]
		return changeText(&r.After, &r.Before)
	}
	if a.kind != conn.ActionKeepalive || !c.Keepalive.ParamsKnown() {
		text, _ := keepaliveCell(&rowContext{inferred: m.theme.Symbols.Inferred}, c)
		return text
	}
	after := a.form.chosenSetting().Over(c.Keepalive)
	return changeText(&c.Keepalive, &after)
}

// window is the part of a list of n lines that fits, and a word on the rest.
// Only that part is ever made.
func (m *Model) window(a *action, n, height int, line func(i int) string) []string {
	fits := n <= height
	if !fits {
		height = max(1, height-1)
	}
	a.top = max(0, min(a.top, n-height))
	var shown []string
	for i := a.top; i < min(n, a.top+height); i++ {
		shown = append(shown, line(i))
	}
	if fits {
		return shown
	}
	return append(shown, m.theme.Draw(theme.Muted, fmt.Sprintf(" %s to %s of %s; arrows scroll",
		conn.Whole(a.top+1), conn.Whole(a.top+height), conn.Whole(n))))
}

func (m *Model) runningLines(a *action) []string {
	t := m.theme
	done, total := a.tally.done.Load(), a.tally.total.Load()
	share := 0.0
	if total > 0 {
		share = float64(done) / float64(total)
	}
	return []string{
		" " + t.Draw(theme.Title, a.verb()), " " + t.Draw(theme.Text, a.whom()), "",
		" " + t.Bar(max(10, min(60, m.width-24)), share, theme.Accent) +
			t.Draw(theme.Text, fmt.Sprintf(" %s of %s", conn.Whole(int(done)), conn.Whole(int(total)))),
	}
}

func (m *Model) reportLines(a *action, height int) []string {
	t, r := m.theme, &a.report
	lines := []string{" " + t.Draw(theme.Title, a.verb()), " " + t.Draw(theme.Text, r.counts()), ""}
	if r.err != nil {
		lines = append(lines, " "+t.Draw(theme.Error, conn.Printable(r.err.Error())), "")
	}
	lines = append(lines, m.reasonLines(r, height/2)...)
	return append(lines, m.window(a, len(r.rows), height-len(lines), func(i int) string {
		row := &r.rows[i]
		role := outcomeRole(row.outcome)
		line := " " + t.Draw(role, t.Symbol(role)+" "+pad(row.outcome.String(), 12)) + t.Draw(theme.Text, row.who)
		if row.detail != "" {
			line += "  " + t.Draw(theme.Accent, row.detail)
		}
		return line
	})...)
}

// reasonLines says each reason once, in full, for those that have it. They
// stand before the list, whose lines a narrow terminal cuts.
func (m *Model) reasonLines(r *report, height int) []string {
	t := m.theme
	var lines []string
	for _, reason := range r.reasons() {
		text := fmt.Sprintf("%s %s: %s", conn.Whole(reason.count), reason.outcome, conn.Printable(reason.text))
		for _, line := range strings.Split(ansi.Wrap(text, max(20, m.width-2), ""), "\n") {
			lines = append(lines, " "+t.Draw(outcomeRole(reason.outcome), line))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append(lines[:min(len(lines), max(1, height))], "")
}
