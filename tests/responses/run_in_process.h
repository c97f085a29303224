// SPDX-License-Identifier: Apache-2.0
// A stock response run inside the test, on files in place of the standard streams.
#pragma once

#include "src/responses/response.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace riposte::test {

struct RunResult {
    int code = -1;
    std::string out;
    std::string errors;
};

class Stream {
  public:
    explicit Stream(const std::string& text = {}) : file_(std::tmpfile(), &std::fclose) {
        std::fwrite(text.data(), 1, text.size(), file_.get());
        std::rewind(file_.get());
    }
    std::FILE* get() const { return file_.get(); }
    std::string text() const {
        std::rewind(file_.get());
        std::string all;
        for (int c = std::getc(file_.get()); c != EOF; c = std::getc(file_.get())) all.push_back(static_cast<char>(c));
        return all;
    }

  private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

// `input` is all that the runner says: the order, and the answer behind it.
inline RunResult run_in_process(const Response& response, const std::vector<std::string>& arguments,
                                const std::string& input = {}) {
    const Stream in(input);
    const Stream out;
    const Stream errors;
    RunResult result;
    result.code = run_response(response, arguments, {in.get(), out.get(), errors.get()});
    result.out = out.text();
    result.errors = errors.text();
    return result;
}

}  // namespace riposte::test
