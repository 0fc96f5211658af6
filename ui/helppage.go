package ui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// helpPage is the whole help: the keys from their bindings, the signs, and what
// is hidden.
func (m *Model) helpPage() string {
	t := m.theme
	var blocks []string
	for _, s := range m.keys.sections() {
		lines := []string{t.Draw(theme.Title, s.title)}
		for _, b := range s.keys {
			if !b.Enabled() {
				continue
			}
			h := b.Help()
			lines = append(lines, t.Draw(theme.Key, pad(h.Key, 9))+t.Draw(theme.Text, h.Desc))
		}
		if len(lines) > 1 {
			blocks = append(blocks, strings.Join(lines, "\n"))
		}
	}
	blocks = append(append(blocks, m.signs()), m.words()...)
	page := flow(blocks, m.width-2)
	for _, block := range []string{m.wayBlock(), m.hiddenBlock()} {
		if block != "" {
			page += "\n\n" + block
		}
	}
	return lipgloss.NewStyle().PaddingLeft(1).Render(page)
}

// flow sets blocks side by side, as many as fit, in rows.
func flow(blocks []string, width int) string {
	const gap = 4
	var rows []string
	var row []string
	used := 0
	for _, b := range blocks {
		w := lipgloss.Width(b) + gap
		if len(row) > 0 && used+w-gap > width {
			rows = append(rows, lipgloss.JoinHorizontal(lipgloss.Top, row...))
			row, used = nil, 0
		}
		row = append(row, lipgloss.NewStyle().PaddingRight(gap).Render(b))
		used += w
	}
	rows = append(rows, lipgloss.JoinHorizontal(lipgloss.Top, row...))
	return strings.Join(rows, "\n\n")
}

func (m *Model) signs() string {
	t := m.theme
	entry := func(role theme.Role, sign, meaning string) string {
		return t.Draw(role, pad(sign, 9)) + t.Draw(theme.Text, meaning)
	}
	return strings.Join([]string{
		t.Draw(theme.Title, "Signs"),
		entry(theme.Critical, t.Symbols.Critical, "critical: dead or dying"),
		entry(theme.Warning, t.Symbols.Warning, "warning"),
		entry(theme.Notice, t.Symbols.Notice, "notice"),
		entry(theme.Inferred, t.Symbols.Inferred+"on", "concluded, not read from the kernel"),
		entry(theme.KeepaliveUnknown, unknownMark, "could not be learnt"),
		entry(theme.Faint, absent, "does not exist"),
		entry(theme.Faint, t.Symbols.Gone, "has gone just now"),
	}, "\n")
}

func (m *Model) words() []string {
	t := m.theme
	block := func(title string, entries ...[2]string) string {
		lines := []string{t.Draw(theme.Title, title)}
		for _, e := range entries {
			lines = append(lines, t.Draw(theme.Key, pad(e[0], 12))+t.Draw(theme.Text, e[1]))
		}
		return strings.Join(lines, "\n")
	}
	return []string{
		block("Columns",
			[2]string{"SILENT", "since data or an ACK came from the peer"},
			[2]string{"KEEPALIVE", "idle/interval/count in seconds, or off"},
			[2]string{"LEFT", "probes left of TCP_KEEPCNT"},
			[2]string{"DIES IN", "until the kernel gives up, while it probes"},
			[2]string{"DETECTS", "how long a dead peer may go unnoticed while nothing is sent"},
		),
		block("Timers",
			[2]string{"probe", "the next keepalive probe, if the peer stays silent"},
			[2]string{"timer", "keepalive's timer, when the idle time is not known"},
			[2]string{"dies", "the connection is given up"},
			[2]string{"resend", "data is sent again"},
			[2]string{"window", "the peer is asked whether it takes data again"},
			[2]string{"gone", "the stub of a closed connection goes"},
		),
		block("Verdicts",
			[2]string{"probing", "keepalive probes are unanswered"},
			[2]string{"stalled", "data is sent again and again without an answer"},
			[2]string{"zero-window", "the peer answers but takes no data"},
			[2]string{"close-wait", "the peer has closed, the program has not"},
			[2]string{"unguarded", "a dead peer would never be found"},
			[2]string{"slow-guard", "it would be found late, or a middlebox forgets first"},
			[2]string{"embryonic", "the handshake is not finished"},
			[2]string{"suspect", "probing or stalled"},
			[2]string{"half-open", "the peer is certainly gone"},
			[2]string{"deaths", "given up for want of an answer, since the start"},
		),
	}
}

// wayBlock says by which way owners and options were found.
func (m *Model) wayBlock() string {
	if m.listing == nil {
		return ""
	}
	t := m.theme
	way := "by eBPF (iter/task_file)"
	if p := m.listing.intake.snapshot.FastPath; !p.Used {
		way = "by /proc/PID/fd and pidfd_getfd, not by eBPF: " + conn.Printable(p.Why)
	}
	return t.Draw(theme.Title, "Owners and options") + "\n" + lipgloss.NewStyle().Width(m.width-2).Render(way)
}

func (m *Model) hiddenBlock() string {
	if m.listing == nil || len(m.listing.intake.snapshot.Hidden) == 0 {
		return ""
	}
	t := m.theme
	lines := []string{t.Draw(theme.Title, "Hidden")}
	for _, h := range m.listing.intake.snapshot.Hidden {
		lines = append(lines, lipgloss.NewStyle().Width(m.width-2).Render(conn.Printable(h.String())))
	}
	return strings.Join(lines, "\n")
}
