// SPDX-License-Identifier: Apache-2.0
#include "src/config/xml_tree.h"

#include "src/config/words.h"
#include "src/config/xml_mistakes.h"

#include <Poco/SAX/Attributes.h>
#include <Poco/SAX/DefaultHandler.h>
#include <Poco/SAX/Locator.h>
#include <Poco/SAX/SAXException.h>
#include <Poco/SAX/SAXParser.h>

#include <algorithm>
#include <optional>

namespace riposte {
namespace {

// The one root around the file's own. An XML document type has to stand before the root, so behind it the parser
// refuses one.
constexpr std::string_view kOpening = "<riposte-file>";
constexpr std::string_view kClosing = "</riposte-file>";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class TreeBuilder : public Poco::XML::DefaultHandler {
  public:
    void setDocumentLocator(const Poco::XML::Locator* locator) override { locator_ = locator; }

    void startElement(const std::string& /*uri*/, const std::string& /*local_name*/, const std::string& name,
                      const Poco::XML::Attributes& attributes) override {
        if (problem) return;
        if (open_.size() > kMaxXmlDepth)
            return stop("elements are nested over " + std::to_string(kMaxXmlDepth) + " deep");
        if (++count_ > kMaxXmlElements)
            return stop("the file has over " + std::to_string(kMaxXmlElements) + " elements");
        // The open elements are each the last of their parent's children, which keeps their addresses while they are
        // open.
        XmlElement& element = open_.empty() ? root : open_.back()->children.emplace_back();
        element.line = line();
        if (!open_.empty()) element.name = name;
        for (int i = 0; i < attributes.getLength(); ++i) {
            element.attributes.emplace_back(attributes.getQName(i), attributes.getValue(i));
        }
        open_.push_back(&element);
    }

    void endElement(const std::string& /*uri*/, const std::string& /*local_name*/,
                    const std::string& /*name*/) override {
        if (problem || open_.empty()) return;
        open_.back()->text = trimmed(open_.back()->text);
        open_.pop_back();
    }

    void characters(const char text[], int start, int length) override {
        if (problem || open_.empty()) return;
        const std::string_view piece(text + start, static_cast<std::size_t>(length));
        XmlElement& element = *open_.back();
        const auto first = std::min(piece.find_first_not_of(kWhiteSpace), piece.size());
        if (element.text_line == 0 && first < piece.size()) {
            const auto lines_before =
                std::count(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(first), '\n');
            element.text_line = line() + static_cast<int>(lines_before);
        }
        element.text += piece;
    }

    // For a syntax error at `at` that is no known mistake: mostly an element that is not closed.
    XmlProblem explain(int at, const std::string& reason) const {
        if (open_.size() > 1) {
            const XmlElement& last = *open_.back();
            return {at, "<" + last.name + ">, opened at line " + std::to_string(last.line) +
                            ", is not closed properly (" + reason + "): add </" + last.name +
                            "> where it ends, or correct the closing tag's name"};
        }
        return {at, "the file is not well-formed XML (" + reason + "): look for a closing tag that has no opening tag"};
    }

    XmlElement root;
    std::optional<XmlProblem> problem;

  private:
    int line() const { return locator_ ? locator_->getLineNumber() : 0; }
    void stop(const std::string& what) {
        problem = XmlProblem{line(), what + ": a configuration file has no use for that"};
    }

    const Poco::XML::Locator* locator_ = nullptr;
    std::vector<XmlElement*> open_;
    std::size_t count_ = 0;
};

void blank(std::string& text, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        if (text[i] != '\n') text[i] = ' ';
    }
}

void parse_into(TreeBuilder& builder, const std::string& text) {
    Poco::XML::SAXParser parser("UTF-8");
    parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACES, false);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_GENERAL_ENTITIES, false);
    parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_PARAMETER_ENTITIES, false);
    parser.setContentHandler(&builder);
    parser.parseMemoryNP(text.data(), text.size());
}

}  // namespace

// XML allows a declaration at the very start only; files put together from several have more.
std::string with_blank_declarations(std::string_view text) {
    std::string own(text);
    if (own.starts_with(kByteOrderMark)) blank(own, 0, kByteOrderMark.size());
    for (auto at = own.find("<?xml"); at != std::string::npos; at = own.find("<?xml", at + 1)) {
        const auto end = own.find('>', at);
        if (end != std::string::npos && own[end - 1] == '?') blank(own, at, end + 1);
    }
    return own;
}

boost::system::result<XmlElement, XmlProblem> read_xml_tree(std::string_view text) {
    if (auto problem = find_encoding_mistake(text)) return *problem;
    const std::string own = with_blank_declarations(text);
    TreeBuilder builder;
    try {
        parse_into(builder, std::string(kOpening) + own + std::string(kClosing));
    } catch (const Poco::XML::SAXParseException& error) {
        if (builder.problem) return *builder.problem;
        if (auto mistake = find_xml_mistake(own)) return *mistake;
        const auto& reason = error.message();
        return builder.explain(error.getLineNumber(), reason.substr(0, reason.find(" in line ")));
    } catch (const Poco::Exception& error) {
        return builder.explain(0, error.displayText());
    }
    if (builder.problem) return *builder.problem;
    return std::move(builder.root);
}

}  // namespace riposte
