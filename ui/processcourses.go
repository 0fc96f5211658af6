package ui

import (
	"time"

	"github.com/katop/katop/conn"
)

// processCourses are those of the page of a process.
type processCourses struct {
	*pageCourses
	deaths int // since the page was opened
}

func newProcessCourses() *processCourses {
	return &processCourses{pageCourses: newPageCourses("connections", "unanswered probes", "resent", "deaths")}
}

// take adds what an intake of the moment at tells.
func (p *processCourses) take(at time.Time, s processSample) {
	if !at.After(p.last) {
		return
	}
	p.deaths += s.died
	p.pageCourses.take(at, countReading(s.connections, true), countReading(s.unanswered, true), rateReading(s.resent),
		reading{s.deaths.PerSecond, s.deaths.Known, conn.Whole(p.deaths)})
}

// processSample is what an intake tells of one process.
type processSample struct {
	pid                     int32 // 0: of none
	connections, unanswered int
	resent, deaths          conn.Rate
	died                    int // in this intake
}

// sampleOf is that of a process, whatever the filter.
func (in *intake) sampleOf(pid int32) processSample {
	s := processSample{pid: pid}
	if pid == 0 {
		return s
	}
	resent, all := 0, in.snapshot.Connections
	for i := range all {
		if holds(pid, &all[i]) {
			s.connections++
			unanswered, _ := all[i].Unanswered()
			s.unanswered += unanswered
			if in.resent != nil {
				resent += int(in.resent[i])
			}
		}
	}
	for i := range in.snapshot.Events {
		if e := &in.snapshot.Events[i]; timedOut(e) && holds(pid, &e.Connection) {
			s.died++
		}
	}
	s.resent, s.deaths = in.perSecond(resent), in.perSecond(s.died)
	return s
}

// resentSince is how many segments were sent again between two looks.
func resentSince(before, now *conn.Connection) (n int, known bool) {
	if !before.TCP.Has(conn.TCPBase) || !now.TCP.Has(conn.TCPBase) {
		return 0, false
	}
	return int(max(0, int64(now.TCP.TotalRetrans)-int64(before.TCP.TotalRetrans))), true
}
