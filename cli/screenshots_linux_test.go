package cli

import (
	"flag"
	"fmt"
	"html"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hinshun/vt10x"

	"github.com/katop/katop/lab"
)

var screenshots = flag.Bool("screenshots", false, "draw the pictures under screenshots/ anew")

// TestScreenshots draws the pictures of the README: the real program on real
// connections, some of which are dying. `make screenshots` runs it.
func TestScreenshots(t *testing.T) {
	if !*screenshots {
		t.Skip("draws pictures; make screenshots asks for it")
	}
	needsLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	stageNight(t, l)
	term := startTerminal(t, l.Near, runAsKatop, "--interval", "250ms")
	term.resize(132, 32)
	term.shows("probing  2 of 3 unanswered")
	term.press("f")
	term.shows("frozen")
	term.picture("connections")
	term.press("g\r")
	term.shows("first probe after")
	term.picture("connection")
	term.press("\x1b")
	term.shows("DETECTS")
	term.press("2")
	term.shows("WORST SILENCE")
	term.picture("processes")
	term.press("q")
	term.ended(false)
}

// stageNight opens connections of a server at night, and then loses the packets
// of some.
func stageNight(t *testing.T, l *lab.Lab) {
	t.Helper()
	listen := func(name string, port uint16) (*lab.Actor, *lab.Socket) {
		a, err := l.Near.StartActor(lab.ActorOptions{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		s, err := a.Listen(netip.AddrPortFrom(lab.NearAddr4, port), lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return a, s
	}
	clients, err := l.Far().StartActor(lab.ActorOptions{Name: "clients"})
	if err != nil {
		t.Fatal(err)
	}
	brokers, err := clients.Listen(netip.AddrPortFrom(lab.FarAddr4, 9092), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	on := func(idle, interval, count int) lab.Options {
		return lab.Options{Keepalive: lab.Keepalive{On: true, Idle: time.Duration(idle) * time.Second, Interval: time.Duration(interval) * time.Second, Count: count}}
	}
	_, postgres := listen("postgres", 5432)
	_, nginx := listen("nginx", 443)
	java, _ := listen("java", 8080)
	accept := func(listener *lab.Socket, o lab.Options) *lab.Socket {
		c, err := clients.Dial(listener.Local, lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := listener.Accept(o); err != nil {
			t.Fatal(err)
		}
		return c
	}
	lost := []*lab.Socket{accept(postgres, on(5, 3, 3)), accept(postgres, on(8, 10, 3))}
	for range 3 {
		accept(postgres, on(300, 30, 3))
	}
	for i := range 6 {
		c := accept(nginx, lab.Options{})
		if i%3 == 0 {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 4 {
		o := lab.Options{}
		if i == 3 {
			o = on(7200, 75, 9)
		}
		if _, err := java.Dial(brokers.Local, o); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range lost {
		if err := l.ForgetPort(s.Local.Port(), lab.Both); err != nil {
			t.Fatal(err)
		}
	}
}

// The measures of the pictures, in pixels.
const (
	cellWidth, cellHeight = 8.4, 18
	pictureMargin         = 12
)

// picture writes the screen as an SVG, with its colours on a dark ground.
func (term *terminal) picture(name string) {
	term.t.Helper()
	term.screen.Lock()
	defer term.screen.Unlock()
	width, height := term.screen.Size()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">`+"\n",
		float64(width)*cellWidth+2*pictureMargin, height*cellHeight+2*pictureMargin)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", hexColour(vt10x.DefaultBG))
	for y := range height {
		for x := 0; x < width; {
			first := term.screen.Cell(x, y)
			run := []rune{}
			for x < width {
				c := term.screen.Cell(x, y)
				if c.FG != first.FG || c.BG != first.BG || c.Mode != first.Mode {
					break
				}
				run = append(run, c.Char)
				x++
			}
			drawRun(&b, first, run, x-len(run), y)
		}
	}
	b.WriteString("</svg>\n")
	path := filepath.Join("..", "screenshots", name+".svg")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		term.t.Fatal(err)
	}
}

func drawRun(b *strings.Builder, style vt10x.Glyph, run []rune, x, y int) {
	const bold = 1 << 2 // attrBold
	left, top := pictureMargin+float64(x)*cellWidth, pictureMargin+y*cellHeight
	text := strings.ReplaceAll(string(run), "\x00", " ")
	if style.BG != vt10x.DefaultBG {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", left, top, float64(len(run))*cellWidth, cellHeight, hexColour(style.BG))
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	weight := ""
	if style.Mode&bold != 0 {
		weight = ` font-weight="bold"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d" textLength="%.1f" xml:space="preserve" fill="%s"%s>%s</text>`+"\n",
		left, top+14, float64(len(run))*cellWidth, hexColour(style.FG), weight, html.EscapeString(text))
}

func hexColour(c vt10x.Color) string {
	switch c {
	case vt10x.DefaultBG:
		return "#1a1b26"
	case vt10x.DefaultFG:
		return "#d5d9e8"
	}
	return fmt.Sprintf("#%06x", uint32(c))
}
