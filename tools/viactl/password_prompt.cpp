// password_prompt: echo is switched back on whatever happens, also on Ctrl-C (the terminal stays in canonical mode, so
// an interrupted prompt is restored by the destructor or, after a signal, by the shell).
// SPDX-License-Identifier: Apache-2.0
#include "password_prompt.hpp"

#include <cstdio>
#include <istream>
#include <memory>

#include <termios.h>
#include <unistd.h>

#include "command_error.hpp"

namespace viaduct::viactl {
namespace {

class WithoutEcho {
public:
    explicit WithoutEcho(int terminal) : terminal_{terminal} {
        ::tcgetattr(terminal_, &before_);
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        silent.c_lflag |= ECHONL;
        ::tcsetattr(terminal_, TCSAFLUSH, &silent);
    }
    ~WithoutEcho() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }
    WithoutEcho(const WithoutEcho&) = delete;
    WithoutEcho& operator=(const WithoutEcho&) = delete;

private:
    int terminal_;
    termios before_{};
};

std::string ask(std::FILE* terminal, const std::string& prompt) {
    std::fputs(prompt.c_str(), terminal);
    std::fflush(terminal);
    std::string line;
    for (int c; (c = std::fgetc(terminal)) != EOF && c != '\n';) line += static_cast<char>(c);
    return line;
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File open_terminal() {
    File terminal{std::fopen("/dev/tty", "r+")};
    if (!terminal) {
        throw CommandError{Exit::usage, "there is no terminal to ask for a password; pipe it in with --password-stdin"};
    }
    return terminal;
}

}  // namespace

std::string read_password(std::istream& input) {
    std::string line;
    if (!std::getline(input, line))
        throw CommandError{Exit::usage, "standard input has no password; give it as one line"};
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

std::string ask_password(const std::string& whose) {
    const File terminal = open_terminal();
    const WithoutEcho without_echo{::fileno(terminal.get())};
    const std::string first = ask(terminal.get(), "Password for " + whose + ": ");
    if (ask(terminal.get(), "The same again: ") != first) throw CommandError{Exit::usage, "the two passwords differ"};
    return first;
}

std::string ask_password_once(const std::string& whose) {
    const File terminal = open_terminal();
    const WithoutEcho without_echo{::fileno(terminal.get())};
    return ask(terminal.get(), "Password for " + whose + ": ");
}

}  // namespace viaduct::viactl
