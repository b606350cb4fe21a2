// completion: the longest command that the words on the line begin with decides what may come next.
// SPDX-License-Identifier: Apache-2.0
#include "completion.hpp"

#include <fmt/format.h>

#include "command_error.hpp"

namespace viaduct::viactl {
namespace {

std::string quoted(std::string text) {
    for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4) text.replace(at, 1, "'\\''");
    return '\'' + text + '\'';
}

std::string words_of(const CommandWords& command) {
    std::string all;
    for (const auto& word : command.words) all += (all.empty() ? "" : " ") + word.text;
    return all;
}

// A function that sets `next` to the words after the command in `path`.
std::string table_for_bash(const std::vector<CommandWords>& commands) {
    std::string all = "_viactl_words() {\n    case \"$1\" in\n";
    for (const CommandWords& command : commands) {
        all += fmt::format("        {}) next={} ;;\n", quoted(command.path), quoted(words_of(command)));
    }
    return all + "        *) return 1 ;;\n    esac\n}\n";
}

std::string bash(const std::vector<CommandWords>& commands) {
    return "# bash completion for viactl: source this file, or put it into "
           "/usr/share/bash-completion/completions/viactl\n" +
           table_for_bash(commands) + R"(_viactl() {
    local path= next= word i
    _viactl_words '' || return
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        [[ $word == -* ]] && continue
        _viactl_words "${path:+$path }$word" && path="${path:+$path }$word"
    done
    COMPREPLY=($(compgen -W "$next" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _viactl viactl
)";
}

std::string zsh(const std::vector<CommandWords>& commands) {
    std::string all = "#compdef viactl\n# zsh completion for viactl: put it as _viactl into a folder of $fpath\n";
    all += "_viactl_words() {\n    case \"$1\" in\n";
    for (const CommandWords& command : commands) {
        all += fmt::format("        {}) next=(", quoted(command.path));
        for (const auto& word : command.words) all += ' ' + quoted(word.text + ':' + word.help);
        all += " ) ;;\n";
    }
    return all + R"(        *) return 1 ;;
    esac
}
_viactl() {
    local cmd_path= word
    local -a next
    _viactl_words ''
    for word in ${words[2,CURRENT-1]}; do
        [[ $word == -* ]] && continue
        _viactl_words "${cmd_path:+$cmd_path }$word" && cmd_path="${cmd_path:+$cmd_path }$word"
    done
    _describe 'viactl' next || _files
}
compdef _viactl viactl
)";
}

std::string fish(const std::vector<CommandWords>& commands) {
    std::string all = R"(# fish completion for viactl: put it into ~/.config/fish/completions/viactl.fish
function __viactl_at
    set -l path
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; or set -a path $word
    end
    test "$path" = "$argv[1]"
end
)";
    for (const CommandWords& command : commands) {
        for (const auto& word : command.words) {
            const bool option = word.text.starts_with("--");
            all +=
                fmt::format("complete -c viactl -f -n {} {} {} -d {}\n", quoted("__viactl_at " + quoted(command.path)),
                            option ? "-l" : "-a", quoted(option ? word.text.substr(2) : word.text), quoted(word.help));
        }
    }
    return all;
}

}  // namespace

std::string completion_script(std::string_view shell, const std::vector<CommandWords>& commands) {
    if (shell == "bash") return bash(commands);
    if (shell == "zsh") return zsh(commands);
    if (shell == "fish") return fish(commands);
    throw CommandError{Exit::usage, fmt::format("no completion for '{}'; bash, zsh and fish are known", shell)};
}

}  // namespace viaduct::viactl
