package export

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
)

// unread is a connection as somebody without rights sees it, with this timer.
func unread(state conn.State, timer conn.Timer) conn.Connection {
	c := hidden()
	c.State, c.Timer = state, timer
	c.Keepalive = conn.InferKeepalive(state, timer)
	return c
}

// TestMarks holds that a table shows "?" for what could not be learnt and "-"
// for what does not exist, and that CSV has nothing for either.
func TestMarks(t *testing.T) {
	t.Parallel()
	probing := conn.Timer{Kind: conn.TimerKeepalive, Expires: time.Second, Retries: 2}
	resending := conn.Timer{Kind: conn.TimerRetransmit, Expires: time.Second, Retries: 2}
	retransmitting := unread(conn.StateEstablished, resending)
	retransmitting.TCP.Retransmits = 2
	noInfo := unread(conn.StateEstablished, conn.Timer{})
	noInfo.TCP, noInfo.NetNS = conn.TCP{}, conn.NetNS{}
	hiddenListener := listener()
	hiddenListener.Owners, hiddenListener.Unit = nil, ""
	orphan := unread(conn.StateFinWait1, resending)
	orphan.Inode = 0
	tests := []struct {
		name    string
		conn    conn.Connection
		columns string
		want    string
	}{
		{"hidden: its owner", hidden(), "process,pid,fd,unit,name", "? ? ? ? -"},
		{"hidden: its parameters", hidden(), "keepalive,idle,interval,count,user-timeout,detects", "~on ? ? ? ? ?"},
		{"hidden: its probes to come", hidden(), "next-probe,unanswered,left,dies-in", "? 0 ? -"},
		{"hidden, probing", unread(conn.StateEstablished, probing), "next-probe,unanswered,left,dies-in", "1.0s 2 ? ?"},
		{"hidden, keepalive off", unread(conn.StateEstablished, conn.Timer{}), "keepalive,idle,user-timeout,next-probe,left,dies-in,detects", "~off - ? - - - never"},
		{"hidden behind a retransmission", retransmitting, "keepalive,idle,next-probe,left,dies-in,detects", "? ? - - ? ?"},
		{"hidden behind its first transmission", unread(conn.StateEstablished, resending), "keepalive,dies-in", "? -"},
		{"hidden SYN-SENT", unread(conn.StateSynSent, resending), "keepalive,silent,left,dies-in,detects", "? - - - -"},
		{"hidden listener", hiddenListener, "process,keepalive,idle,left,detects,silent,rtt,sent", "? ? ? - - - - -"},
		{"old kernel", hidden(), "silent,rtt,retrans,sent,received", "2.9s - 0 ? ?"},
		{"without tcp_info", noInfo, "silent,rtt,retrans,sent,received,netns", "? ? ? ? ? ?"},
		{"keepalive off", unguarded(), "keepalive,idle,interval,count,user-timeout,left,dies-in,age", "off - - - - - - ?"},
		{"minisock", timeWait(), "process,pid,user,unit,silent,keepalive,idle,user-timeout,left,dies-in,detects,rtt,sent,inode", "- - - - - - - - - - - - - -"},
		{"orphan", orphan, "process,pid,user,unit,keepalive,inode", "- - - - ? -"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			columns, err := ParseColumns(tt.columns)
			if err != nil {
				t.Fatal(err)
			}
			s := &conn.Snapshot{Connections: []conn.Connection{tt.conn}}
			var table, bare bytes.Buffer
			if err := WriteTable(&table, s, []int32{0}, columns); err != nil {
				t.Fatal(err)
			}
			_, line, _ := strings.Cut(table.String(), "\n")
			got := strings.Fields(line)
			if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.columns, diff)
			}
			if err := WriteCSV(&bare, s, []int32{0}, columns); err != nil {
				t.Fatal(err)
			}
			records, err := csv.NewReader(&bare).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for i, cell := range records[1] {
				marked := got[i] == absentMark || got[i] == unknownMark
				if (cell == "") != marked && records[0][i] != "keepalive" {
					t.Errorf("%s: %q in CSV, %q in the table", records[0][i], cell, got[i])
				}
			}
		})
	}
}
