package bpf

//go:generate go tool bpf2go -tags linux -target bpfel,bpfeb -cflags "-O2 -Wall -Werror" sockets sockets.bpf.c
//go:generate go tool bpf2go -tags linux -target bpfel,bpfeb -cflags "-O2 -Wall -Werror" set set.bpf.c
//go:generate go test -run ^TestGenerated$ -update .
