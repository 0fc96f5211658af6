package ui

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/viewport"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// The bounds of the interval between two polls, and its steps.
const (
	DefaultInterval = time.Second
	MinInterval     = 250 * time.Millisecond
	MaxInterval     = time.Minute
)

// Options is what the monitor is started with.
type Options struct {
	Source     Source
	Controller Controller // nil: only to look
	// Recycle is handed each snapshot as soon as nothing refers to it any more, so
	// that the memory of its connections can be filled again. Nil: it is not.
	Recycle    func(*conn.Snapshot)
	Greeting   string           // a line to begin with, or ""
	Clock      func() time.Time // nil: time.Now
	Theme      *theme.Theme
	Keys       KeyMap
	Thresholds conn.Thresholds
	Interval   time.Duration // 0: DefaultInterval
	// Spent is the processor time that the program has used. Where a round of
	// polling takes more than MaxCPU of one core (0.1 is 10 %), the interval
	// stretches. Nil, or a MaxCPU of 0: it never does.
	Spent      func() time.Duration
	MaxCPU     float64
	Filter     *conn.Filter // nil: everything
	Sort       conn.SortKey
	Descending bool
	View       View
	Clipboard  io.Writer // the terminal, for OSC 52
	Keyboard   *os.File  // the terminal, to be asked for its background; nil: it is not
}

// Model is the whole state of the screen.
type Model struct {
	ctx        context.Context //nolint:containedctx // Bubble Tea's commands take no context; this one ends with the program
	source     Source
	controller Controller // nil: nothing can be changed
	clock      func() time.Time
	after      func(time.Duration, func(time.Time) tea.Msg) tea.Cmd // tea.Tick, but for tests
	theme      *theme.Theme
	keys       KeyMap
	thresholds conn.Thresholds
	clipboard  io.Writer

	width, height int
	interval      time.Duration // as asked for
	pace          pace
	frozen        bool
	polling       bool
	pollError     error        // of the last poll; nil when it came through
	asked         int          // number of the last question
	turned        bool         // what is shown is not yet what was asked for last
	marking       bool         // all that are shown are about to be marked
	working       int          // commands under way that read the listings
	held          []tea.KeyMsg // keys that wait for it
	ticking       int          // number of the tick that counts
	clocked       int          // number of the clock that counts

	workshop *workshop
	recycle  func(*conn.Snapshot) // nil: nobody uses snapshots again
	spent    []*conn.Snapshot     // what was listed, and is no more
	passed   *conn.Snapshot       // the newest one, that came while the screen was frozen

	listing *Listing // nil until the first answer
	intake  *intake  // the newest one, which may be ahead of the listing
	trail   []place  // where one is, and how one came there; never empty
	sort    order

	columns     []column
	connections *table.Table[conn.ID]
	lists
	// moved tells that the user has put the cursor somewhere. Until then it stays
	// on the first row, so that the worst is always in sight; from then on it
	// stays with its row.
	moved bool

	filter  filterLine
	chooser *chooser      // the column chooser, while it is open
	action  *action       // what is being done to connections, while it is in front
	acted   int           // number of the last action
	acting  *sync.RWMutex // held for reading by every action that runs
	journal *journalPage
	touched []conn.ID // connections that an action changed: to be read anew
	helping bool
	log     eventLog
	courses courses
	remedy  remedy         // that is picked of the finding under the cursor
	page    viewport.Model // of the help and of a connection
	foot    help.Model

	process   *conn.Process // of the process page; nil until it came
	detail    *conn.Detail  // of the connection page; nil until it came
	pageError error         // of the process or connection page
	subject   subject       // of the connection page
	notice    notice
	greeting  string
	quitting  bool
}

// New makes the model. Nothing is asked of the source before Init.
func New(ctx context.Context, o Options) *Model {
	m := &Model{
		ctx: ctx, acting: &sync.RWMutex{}, source: o.Source, controller: o.Controller, recycle: o.Recycle, workshop: newWorkshop(o.Thresholds), clock: o.Clock, after: tea.Tick, theme: o.Theme, keys: o.Keys, thresholds: o.Thresholds,
		clipboard: o.Clipboard,
		interval:  o.Interval, pace: pace{spent: o.Spent, most: o.MaxCPU}, sort: order{o.Sort, o.Descending},
		lists: newLists(o.Theme, &o.Thresholds), log: newEventLog(), courses: newCourses(),
		trail: views()[o.View : o.View+1 : o.View+1], columns: connectionColumns(),
		page: viewport.New(0, 0), foot: newFoot(o.Theme), filter: newFilterLine(o.Filter),
	}
	if m.clock == nil {
		m.clock = time.Now
	}
	if m.interval == 0 {
		m.interval = DefaultInterval
	}
	m.filter.turnTo(m.at().kind == atEvents)
	m.keys.setActing(o.Controller != nil)
	m.connections = table.New[conn.ID](m.theme, nil)
	m.fitColumns()
	m.greeting = o.Greeting
	return m
}

// at is the present place.
func (m *Model) at() place { return m.trail[len(m.trail)-1] }

// scope is what the present place narrows the list to.
func (m *Model) scope() scope {
	for i := len(m.trail) - 1; i >= 0; i-- {
		if s := m.trail[i].scope; s.kind != scopeAll {
			return s
		}
	}
	return scope{}
}

// question is what the screen wants to know now.
func (m *Model) question() question {
	m.asked++
	m.workshop.latest.Store(int64(m.asked))
	q := question{
		number: m.asked, filter: m.filter.ofConnections(), scope: m.scope(), sort: m.sort, at: m.at().kind, listOrders: m.orders(),
		thresholds: m.thresholds, now: m.clock(), marked: m.connections.Marked(),
	}
	for _, p := range m.trail {
		if p.kind == atProcess {
			q.process = p.scope.pid
		}
		if p.kind == atConnection {
			q.subject = m.subject.c.ID()
		}
	}
	if q.at == atEvents {
		q.ofEvents = m.filter.valid
		q.happened = m.log.ring(m.diedOnly).Events(nil)
	}
	return q
}

// notice is a short-lived word at the foot.
type notice struct {
	text  string
	role  theme.Role
	until time.Time
}

const noticeFor = 3 * time.Second

// say shows a word for a moment; the command draws the screen anew without it.
func (m *Model) say(role theme.Role, text string) tea.Cmd {
	m.notice = notice{text: text, role: role, until: m.clock().Add(noticeFor)}
	return m.after(noticeFor, func(time.Time) tea.Msg { return redrawMsg{} })
}
