package table

import "github.com/katop/katop/theme"

// blanks is what padding is cut from.
const blanks = "                                                                                "

// pen writes lines. Neighbours of the same style share one run of escape
// sequences, and every line ends with its own: it can be printed alone.
type pen struct {
	buf   []byte
	paint *theme.Paint // of the open run; nil: none
}

func (p *pen) reset() { p.buf, p.paint = p.buf[:0], nil }

// use opens a run of paint, unless one like it is open.
func (p *pen) use(paint *theme.Paint) {
	if p.paint != nil && p.paint.Open == paint.Open {
		return
	}
	p.lift()
	p.buf = append(p.buf, paint.Open...)
	p.paint = paint
}

// lift closes the open run.
func (p *pen) lift() {
	if p.paint != nil {
		p.buf = append(p.buf, p.paint.Close...)
		p.paint = nil
	}
}

func (p *pen) text(paint *theme.Paint, s string) {
	if s == "" {
		return
	}
	p.use(paint)
	p.buf = append(p.buf, s...)
}

// pad writes n blanks on the ground of ground, in the open run if that does not
// show on blanks.
func (p *pen) pad(ground *theme.Paint, n int) {
	if n <= 0 {
		return
	}
	if p.paint == nil || p.paint.Lined {
		p.use(ground)
	}
	for ; n > len(blanks); n -= len(blanks) {
		p.buf = append(p.buf, blanks...)
	}
	p.buf = append(p.buf, blanks[:n]...)
}

func (p *pen) newline() {
	p.lift()
	p.buf = append(p.buf, '\n')
}
