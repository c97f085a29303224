; SPDX-License-Identifier: Apache-2.0
; The words behind the installer's name: each is known and well formed, or nothing is done at all (exit code 2).

Var word          ; one word of the command line, without its quotes
Var rest          ; the command line behind it
Var mistake       ; what is wrong with what was given; "" if nothing is
Var manager
Var port
Var password
Var authority     ; file
Var certificate   ; file
Var key           ; file
Var name
Var groups
Var https         ; "yes" or ""
Var noStart       ; "yes" or ""
Var purge         ; "yes" or ""; the uninstaller's
Var enrolment     ; the options of riposte enroll

; Without the words themselves: they may be a password.
!define QUOTES 'quotes stand in pairs around a whole word or a whole value, and a value may not hold the character "'

!macro Parameters un

; The next word of $rest into $word; "" at the end. Quotes stand around a whole word or around its value: /NAME="my host".
Function ${un}NextWord
  Push $0   ; a character
  Push $1   ; the one before it
  Push $2   ; inside quotes?
  StrCpy $word ""
  StrCpy $2 0
  ${Do}
    StrCpy $0 $rest 1
    ${IfThen} $0 != " " ${|} ${ExitDo} ${|}
    StrCpy $rest $rest "" 1
  ${Loop}
  StrCpy $1 ""
  ${Do}
    StrCpy $0 $rest 1
    ${If} $0 == ""
      ${ExitDo}
    ${ElseIf} $0 == " "
    ${AndIf} $2 = 0
      ${ExitDo}
    ${EndIf}
    StrCpy $rest $rest "" 1
    ${If} $0 != '"'
      StrCpy $word "$word$0"
    ${ElseIf} $2 = 1
      StrCpy $2 0
      StrCpy $1 $rest 1
      ${If} $1 != ""
      ${AndIf} $1 != " "
        StrCpy $mistake '${QUOTES}'
        ${ExitDo}
      ${EndIf}
    ${ElseIf} $1 == ""
    ${OrIf} $1 == "="
      StrCpy $2 1
    ${Else}
      StrCpy $mistake '${QUOTES}'
      ${ExitDo}
    ${EndIf}
    StrCpy $1 $0
  ${Loop}
  ${If} $2 = 1
  ${AndIf} $mistake == ""
    StrCpy $mistake '${QUOTES}'
  ${EndIf}
  Pop $2
  Pop $1
  Pop $0
FunctionEnd

; Every word but the program's own name is given to the function TakeWord. $CMDLINE ends before /D= and _?=.
Function ${un}ReadCommandLine
  Push $0
  ; It is cut there, so nobody knows what it said.
  StrLen $0 $CMDLINE
  ${If} $0 >= 1023
    StrCpy $mistake "the command line is too long: 1022 characters at most"
  ${EndIf}
  StrCpy $rest $CMDLINE
  Call ${un}NextWord
  ${DoWhile} $mistake == ""
    Call ${un}NextWord
    ${IfThen} $word == "" ${|} ${ExitDo} ${|}
    ${IfThen} $mistake == "" ${|} Call ${un}TakeWord ${|}
  ${Loop}
  Pop $0
FunctionEnd

!macroend
!insertmacro Parameters ""
!insertmacro Parameters "un."

; For /NAME=value: takes the value. Like NSIS's own /S, names are written in capitals.
!macro TakeValue option variable
  StrLen $1 "/${option}="
  StrCpy $0 $word $1
  ${If} $0 S== "/${option}="
    StrCpy ${variable} $word "" $1
    Return
  ${EndIf}
!macroend

; For a word without a value.
!macro TakeSwitch option variable
  ${If} $word S== "/${option}"
    StrCpy ${variable} "yes"
    Return
  ${EndIf}
!macroend

; What stands behind the = of a parameter that is not known may be a password, too.
Function CutMistake
  StrCpy $0 0
  ${Do}
    StrCpy $1 $mistake 1 $0
    ${IfThen} $1 == "" ${|} Return ${|}
    ${IfThen} $1 == "=" ${|} ${ExitDo} ${|}
    IntOp $0 $0 + 1
  ${Loop}
  StrCpy $mistake $mistake $0
FunctionEnd

Function TakeWord
  !insertmacro TakeValue MANAGER $manager
  !insertmacro TakeValue PORT $port
  !insertmacro TakeValue PASSWORD $password
  !insertmacro TakeValue CA $authority
  !insertmacro TakeValue CERTIFICATE $certificate
  !insertmacro TakeValue KEY $key
  !insertmacro TakeValue NAME $name
  !insertmacro TakeValue GROUPS $groups
  !insertmacro TakeSwitch HTTPS $https
  !insertmacro TakeSwitch NOSTART $noStart
  ; NSIS's own.
  !insertmacro TakeSwitch S $0
  !insertmacro TakeSwitch NCRC $0
  StrCpy $0 $word 3
  ${If} $0 == "/D="
    StrCpy $mistake "/D= must be the last, without quotes, even where the directory's name holds spaces"
  ${Else}
    StrCpy $mistake "this is no parameter of the installer, or lacks its value: $word"
    Call CutMistake
  ${EndIf}
FunctionEnd

Function un.TakeWord
  !insertmacro TakeSwitch PURGE $purge
  ; NSIS's own as well, which counts without quotes only: what quotes are around comes here.
  StrCpy $0 $word 3
  ${IfThen} $0 == "_?=" ${|} Return ${|}
  !insertmacro TakeSwitch S $0
  !insertmacro TakeSwitch NCRC $0
  StrCpy $mistake "this is no parameter of the uninstaller: $word"
FunctionEnd

; ---- what values may be ----

!define CONTROLS_1 "${U+1}${U+2}${U+3}${U+4}${U+5}${U+6}${U+7}${U+8}${U+9}${U+A}${U+B}${U+C}${U+D}${U+E}${U+F}${U+10}"
!define CONTROLS_2 "${U+11}${U+12}${U+13}${U+14}${U+15}${U+16}${U+17}${U+18}${U+19}${U+1A}${U+1B}${U+1C}${U+1D}${U+1E}${U+1F}${U+7F}"

; A value is one word of a command line in quotes: a quote would end it, and so would a backslash before the closing one.
!macro CheckText option variable
  StrCpy $0 ${variable}
  StrCpy $1 '"${CONTROLS_1}${CONTROLS_2}'
  System::Call "shlwapi::StrCSpnW(w r0, w r1) i .r2"
  StrLen $1 $0
  StrCpy $0 $0 "" -1
  ${If} $2 <> $1
    StrCpy $mistake '/${option}: a value may hold neither " nor a control character'
  ${ElseIf} $0 == "\"
  ${AndIf} "${option}" != "PASSWORD"
    StrCpy $mistake "/${option}: a value may not end with \"
  ${EndIf}
!macroend

; The service runs in another directory, so a file is named in full.
!macro CheckFile option variable
  ${If} ${variable} != ""
    ClearErrors
    GetFullPathName $0 ${variable}
    ${If} ${Errors}
    ${OrIfNot} ${FileExists} $0
      StrCpy $mistake "/${option}: there is no file ${variable}"
    ${Else}
      StrCpy ${variable} $0
    ${EndIf}
  ${EndIf}
!macroend

Function CheckPort
  ${IfThen} $port == "" ${|} Return ${|}
  ; 8080x and 010 are not what they are read as.
  IntOp $0 $port + 0
  ${If} $0 != $port
  ${OrIf} $0 < 1
  ${OrIf} $0 > 65535
    StrCpy $mistake "/PORT: write a number from 1 to 65535"
  ${EndIf}
FunctionEnd

!macro AddOption option variable
  ${If} ${variable} != ""
    StrCpy $enrolment '$enrolment "--${option}=${variable}"'
    ${If} $manager == ""
      StrCpy $mistake "/MANAGER is missing: what else is given about enrolment but the password belongs to one"
    ${EndIf}
  ${EndIf}
!macroend

; Leaves what is wrong in $mistake, else the options of riposte enroll in $enrolment.
Function CheckValues
  !insertmacro CheckText MANAGER $manager
  !insertmacro CheckText PASSWORD $password
  !insertmacro CheckText CA $authority
  !insertmacro CheckText CERTIFICATE $certificate
  !insertmacro CheckText KEY $key
  !insertmacro CheckText NAME $name
  !insertmacro CheckText GROUPS $groups
  ${IfThen} $mistake != "" ${|} Return ${|}
  Call CheckPort
  !insertmacro CheckFile CA $authority
  !insertmacro CheckFile CERTIFICATE $certificate
  !insertmacro CheckFile KEY $key
  ${If} $certificate$key != ""
    ${If} $certificate == ""
    ${OrIf} $key == ""
      StrCpy $mistake "/CERTIFICATE and /KEY belong together: give both or neither"
    ${EndIf}
  ${EndIf}
  StrCpy $enrolment ""
  !insertmacro AddOption manager $manager
  !insertmacro AddOption port $port
  !insertmacro AddOption ca $authority
  !insertmacro AddOption certificate $certificate
  !insertmacro AddOption key $key
  !insertmacro AddOption name $name
  !insertmacro AddOption groups $groups
  ${If} $https != ""
    StrCpy $enrolment "$enrolment --https"
    ${IfThen} $manager == "" ${|} StrCpy $mistake "/HTTPS belongs to a /MANAGER" ${|}
  ${EndIf}
  ; Beside it go the program's own name and that of the password's file.
  StrLen $0 $enrolment
  ${If} $0 > 600
    StrCpy $mistake "the values are too long: about 500 characters together"
  ${EndIf}
FunctionEnd
